"""A proxy on 3128 that opens TLS: it answers CONNECT itself, with a certificate of its own authority, and serves what repo.invalid has.

intercepting_proxy.py FOLDER: tls.crt and tls.key are in it, and the files of repo.invalid below repo/. It prints every request.
"""

import http.server
import pathlib
import ssl
import sys

folder = pathlib.Path(sys.argv[1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "tls.crt", folder / "tls.key")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self):
        if self.path != "repo.invalid:443":
            print("refused", self.path, flush=True)
            self.send_error(403)
            return
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError as error:
            print("not trusted", error.reason, flush=True)
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def do_GET(self):
        self.answer(with_content=True)

    def do_HEAD(self):
        self.answer(with_content=False)

    def answer(self, with_content):
        file = folder / "repo" / self.path.lstrip("/")
        found = isinstance(self.connection, ssl.SSLSocket) and file.is_file()
        print(self.command, self.path, 200 if found else 404, flush=True)
        if not found:
            self.send_error(404)
            return
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 3128), Handler).serve_forever()
