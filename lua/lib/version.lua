-- What this copy of synlua calls itself; CHANGELOG.md has a section of this name.
return "unreleased"
