# Says what a certificate and its key say: whether they belong together, and from when to when the certificate is good.
# The question and the answer are JSON on descriptor 0, see lua/disk/certificates.lua.
import json
import os
import re

PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.S)
OCSP = "1.3.6.1.5.5.7.48.1"


class Fault(Exception):
    """What is wrong with the file `name` of the question, and what to do."""


def read(question, name):
    copy = question["copies"].get(name)  # of a file that nginx's user cannot read
    if copy:
        return bytes.fromhex(copy)
    try:
        with open(question["paths"][name], "rb") as file:
            return file.read(4 * 1024 * 1024)
    except OSError as error:
        raise Fault(name, "cannot be read: %s" % error.strerror, "let nginx's group read it") from None


def certificates(question):
    from cryptography import x509

    blocks = PEM.findall(read(question, "certificate"))
    if not blocks:
        raise Fault("certificate", "holds no certificate in PEM", "name the file with the whole chain")
    try:
        return [x509.load_pem_x509_certificate(block) for block in blocks]
    except ValueError as error:
        raise Fault("certificate", "holds a certificate that cannot be read: %s" % error, "get it anew") from None


def private_key(question):
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_pem_private_key(read(question, "key"), None)
    except TypeError:
        raise Fault("key", "is encrypted, and nginx has nobody to ask for its passphrase",
                    "write it without one: openssl pkey -in KEY -out NEW") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Fault("key", "holds no private key in PEM that can be read", "name the key of the certificate") from None


def public(key):
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def match(question, chain, key):
    wanted = public(key.public_key())
    if public(chain[0].public_key()) == wanted:
        return
    if any(public(one.public_key()) == wanted for one in chain[1:]):
        raise Fault("certificate", "has its chain in the wrong order: the certificate of the key is not the first",
                    "put the server's own certificate first, and behind it the one that has signed it")
    raise Fault("key", "is not the key of the certificate %s" % question["paths"]["certificate"],
                "name the two files that were made together")


def seconds(certificate, which):
    moment = getattr(certificate, which + "_utc", None)  # since cryptography 42
    if moment is None:
        from datetime import timezone

        moment = getattr(certificate, which).replace(tzinfo=timezone.utc)
    return int(moment.timestamp())


# Where one may ask whether the certificate was revoked. nginx also needs the one that has signed it.
def responder(chain):
    from cryptography import x509

    try:
        places = chain[0].extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    for place in places if len(chain) > 1 else ():
        if place.access_method.dotted_string == OCSP and isinstance(place.access_location, x509.UniformResourceIdentifier):
            return place.access_location.value
    return None


def answer(question):
    try:
        chain = certificates(question)
        match(question, chain, private_key(question))
    except Fault as fault:
        return {"problem": {"file": fault.args[0], "what": fault.args[1], "hint": fault.args[2]}}
    return {"from": seconds(chain[0], "not_valid_before"), "until": seconds(chain[0], "not_valid_after"),
            "ocsp": responder(chain)}


def main(question):
    try:
        said = answer(json.loads(question))
    except ImportError as error:
        said = {"unknown": str(error)}
    said["synlua"] = 1
    text = json.dumps(said).encode()
    os.ftruncate(0, 0)
    os.pwrite(0, text, 0)
