"""The design that this project replaces, as small as it can be: registrations over HTTP, one thread per client, on
psycopg2's ThreadedConnectionPool(2, 10) with a direct connection on exhaustion, or on a direct connection per statement.
Each statement is a transaction of its own, as the driver begins and the code commits it.

    server.py pool|direct     reads PORT and DATABASE_URL
"""

import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
from psycopg2.pool import PoolError, ThreadedConnectionPool

REGISTER = """
WITH account AS (
    INSERT INTO accounts (email, password_hash) VALUES (%s, %s) RETURNING id
), session AS (
    INSERT INTO sessions (token_hash, account_id) SELECT %s, id FROM account
)
SELECT id FROM account"""

DSN = os.environ["DATABASE_URL"]
POOL = ThreadedConnectionPool(2, 10, DSN) if sys.argv[1] == "pool" else None


def run(connection, arguments):
    with connection.cursor() as cursor:
        cursor.execute(REGISTER, arguments)
        (account,) = cursor.fetchone()
    connection.commit()
    return account


def register(email):
    arguments = (email, "no password", hashlib.sha256(os.urandom(32)).digest())
    if POOL is not None:
        try:
            connection = POOL.getconn()
        except PoolError:
            pass
        else:
            try:
                return run(connection, arguments)
            finally:
                POOL.putconn(connection)
    connection = psycopg2.connect(DSN)
    try:
        return run(connection, arguments)
    finally:
        connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_POST(self):
        try:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = 201, {"account_id": register(request["email"])}
        except Exception as error:
            print(error, file=sys.stderr, flush=True)
            status, answer = 500, {"title": "Internal Server Error"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
