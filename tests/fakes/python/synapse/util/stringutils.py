def strtobool(text):
    return text == "1"
