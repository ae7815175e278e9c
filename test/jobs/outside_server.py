"""A server on 8443, with TLS, that answers `tls`, and one on 3128 that answers `proxy`, whatever it is asked for."""

import http.server
import ssl
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"tls" if self.server.server_port == 8443 else b"proxy")


secure = http.server.ThreadingHTTPServer(("", 8443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/run/configs/tls.crt", "/run/configs/tls.key")
secure.socket = context.wrap_socket(secure.socket, server_side=True)
threading.Thread(target=secure.serve_forever).start()
http.server.ThreadingHTTPServer(("", 3128), Handler).serve_forever()
