"""The authority of a pair of certificate.py: ocsp.py NAME PORT says of each question that its certificate is good."""

import datetime
import http.server
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

with open(sys.argv[1] + ".pem", "rb") as file:
    subject, issuer = x509.load_pem_x509_certificates(file.read())
with open(sys.argv[1] + ".authority", "rb") as file:
    signer = serialization.load_pem_private_key(file.read(), None)
now = datetime.datetime.now(datetime.timezone.utc)
ANSWER = (ocsp.OCSPResponseBuilder().add_response(
    cert=subject, issuer=issuer, algorithm=hashes.SHA1(), cert_status=ocsp.OCSPCertStatus.GOOD,
    this_update=now - datetime.timedelta(hours=1), next_update=now + datetime.timedelta(days=1), revocation_time=None,
    revocation_reason=None).responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    .sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/ocsp-response")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        print(self.path, self.headers["Host"], flush=True)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Answer).serve_forever()
