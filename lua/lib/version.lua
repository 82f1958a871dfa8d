-- The version of this copy of synlua. CHANGELOG.md has a section of this name.
return "unreleased"
