"""Whom the program talks to, and what it tells them: certificates, the environment, other people's accounts."""

from __future__ import annotations

import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from clockwork import Clockwork

from reconcile.errors import BadAnswer, ConnectionFailed, ProviderError
from reconcile.model.fields import kinds
from reconcile.model.state import Account
from reconcile.providers.activities import Purse
from reconcile.providers.chaser.provider import Chaser
from reconcile.providers.http.protocol import Request
from reconcile.providers.pozvonim.provider import Pozvonim

#: What may say in the environment that certificates, or other ways, are to be trusted.
TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


class Server:
    """Notes all that it is told; `answer` is given to everything but tokens, of which it has one of its own."""

    def __init__(self, token: str = "a-token", certificate: tuple[Path, Path] | None = None) -> None:
        self.told: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"[]")
        self.hangs_up_on = ""  # a method whose requests it reads, and does not answer
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                server.told.append(f"{self.command} {self.path} {body}")
                server.headers.append(dict(self.headers))
                if self.command == server.hangs_up_on:
                    self.close_connection = True
                    return
                status, headers, content = server.answer
                if "/auth/token" in self.path:
                    status, headers, content = 200, {}, b'{"token": "%s", "expire": 14400}' % token.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = handle_any  # noqa: N815 - named by http.server

            def log_message(self, *args: Any) -> None:
                """Tests print nothing."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A handshake that was refused on purpose is no news."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}/v2u"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def everything(self) -> str:
        """All that it was told, in one text."""
        return "\n".join([*self.told, *(f"{k}: {v}" for headers in self.headers for k, v in headers.items())])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:

        def begin(*args: Any, **more: Any) -> Server:
            made = Server(*args, **more)
            stack.callback(made.close)
            return made

        yield begin


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Providers in an environment without settings of the user's; what a test sets before counts."""
    with ExitStack() as stack:

        def make(url: str, service: Any = Pozvonim, uid: str = "the-uid", key: str = "the-key", **more: Any) -> Any:
            account = Account(uid, service.__name__.lower(), uid, key, url, **more)
            made = service(account, kinds(), edges=Clockwork().edges())
            stack.callback(made.close)
            return made

        for name in (*TRUST, *PROXIES):
            monkeypatch.delenv(name, raising=False)
        yield make


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Two certificates for 127.0.0.1 that nobody has signed but themselves."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificates, is not installed")
    made = {}
    for name in ("own", "other"):
        folder = tmp_path_factory.mktemp(name)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        output = ["-keyout", str(key), "-out", str(certificate)]
        command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *output]
        subprocess.run(command, check=True, capture_output=True)
        made[name] = (certificate, key)
    return made


# --- certificates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"REQUESTS_CA_BUNDLE": ""},
        {"REQUESTS_CA_BUNDLE": "other"},
        {"CURL_CA_BUNDLE": "other"},
        {"PYTHONHTTPSVERIFY": "0"},
        {"CURL_INSECURE": "1", "SSL_NO_VERIFY": "1", "GIT_SSL_NO_VERIFY": "true", "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
    ],
    ids=str,
)
def test_a_certificate_that_nobody_signed_is_refused(serve, connect, certificates, monkeypatch, environment):
    server = serve(certificate=certificates["own"])
    for name, value in environment.items():
        monkeypatch.setenv(name, str(certificates[value][0]) if value in certificates else value)
    with pytest.raises(ConnectionFailed, match=r"certificate is not trusted: self.signed") as caught:
        connect(server.url).read({"site"})
    assert not caught.value.sent
    assert server.told == []


@pytest.mark.parametrize("value", ["0", "false", "False", "no", "/nowhere/ca.pem"])
@pytest.mark.parametrize("name", TRUST)
def test_a_bundle_that_is_not_there_is_an_error_that_names_it(serve, connect, certificates, monkeypatch, name, value):
    server = serve(certificate=certificates["own"])
    monkeypatch.setenv(name, value)
    with pytest.raises(ProviderError, match=f"{name} is {value}, and there is no such file or folder"):
        connect(server.url)
    assert server.told == []


@pytest.mark.parametrize("name", TRUST)
def test_a_bundle_with_the_certificate_makes_it_trusted(serve, connect, certificates, monkeypatch, name):
    server = serve(certificate=certificates["own"])
    monkeypatch.setenv(name, str(certificates["own"][0]))
    assert connect(server.url).read({"site"}).sites == ()


def test_a_certificate_for_another_host_is_refused(serve, connect, certificates, monkeypatch):
    server = serve(certificate=certificates["own"])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates["own"][0]))
    with pytest.raises(ConnectionFailed, match="the server's certificate is not trusted: Hostname mismatch"):
        connect(server.url.replace("127.0.0.1", "localhost")).read({"site"})
    assert server.told == []


# --- the environment --------------------------------------------------------------------------------------------------


def test_a_netrc_adds_nothing(serve, connect, monkeypatch, tmp_path):
    server = serve()
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password netrc-secret\ndefault login a password netrc-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    connect(server.url.replace("http://", "http://user:in-the-url@")).read({"site"})
    assert len(server.told) == 2
    assert "Authorization" not in server.everything
    assert not [secret for secret in ("netrc-secret", "in-the-url") if secret in server.everything]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_for_this_machine_goes_to_no_proxy(serve, connect, monkeypatch, host):
    """Plain http is allowed there because nobody can listen; a proxy could."""
    server, proxy = serve(), serve()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/v2u"))
    connect(server.url.replace("127.0.0.1", host)).read({"site"})
    assert (len(server.told), proxy.told) == (2, [])


def test_a_proxy_hears_the_host_alone_and_its_password_is_in_no_log(serve, connect, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    proxy = serve()
    proxy.answer = (407, {}, b"")
    monkeypatch.setenv("https_proxy", proxy.url.removesuffix("/v2u").replace("//", "//me:proxy-secret@"))
    with pytest.raises(ConnectionFailed, match="the proxy can't be reached, or refuses") as caught:
        connect("https://api.pozvonim.example/v2u").read({"site"})
    assert {line.strip() for line in proxy.told} == {"CONNECT api.pozvonim.example:443"}
    assert not [
        secret for secret in ("proxy-secret", "the-uid", "the-key") if secret in caplog.text + str(caught.value)
    ]


def test_what_a_proxy_may_have_passed_on_before_it_hung_up_is_not_sent_again(serve, connect, monkeypatch):
    proxy = serve()
    proxy.hangs_up_on = "POST"
    monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v2u"))
    account = connect("http://api.pozvonim.example/v2u", allow_http=True)
    with pytest.raises(ConnectionFailed, match="through the proxy broke") as caught:
        account.activities.transfer(300, Decimal(100), Purse.MAIN)
    assert caught.value.sent
    assert [line for line in proxy.told if line.startswith("POST")] == [proxy.told[-1]]


def test_a_proxy_that_is_not_there_has_passed_nothing_on(serve, connect, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")
        account = connect(f"{scheme}://api.pozvonim.example/v2u", allow_http=True)
        with pytest.raises(ConnectionFailed, match="the proxy can't be reached") as caught:
            account.read({"site"})
        assert not caught.value.sent


def test_a_redirect_gets_nothing(serve, connect):
    server, elsewhere = serve(), serve()
    for status in (301, 302, 303, 307, 308):
        server.answer = (status, {"Location": f"{elsewhere.url}/sites"}, b"")
        with pytest.raises(BadAnswer, match="redirected"):
            connect(server.url).read({"site"})
    assert elsewhere.told == []


def test_headers_that_are_none_put_no_signature_into_the_log(serve, connect, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve()
    server.answer = (200, {"X": "1\r\nthis is no header\r\n: nor this"}, b"[]")
    account = connect(server.url)
    account._client.call(Request("GET", "/sites"))
    signs = [sign for line in server.told for sign in parse_qs(line.split()[1].partition("?")[2]).get("sign", [])]
    assert len(signs) == 2
    everything = "".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert not [secret for secret in (*signs, "the-uid") if secret in everything]


# --- other accounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [Pozvonim, Chaser], ids=lambda service: service.__name__)
def test_every_server_hears_of_its_own_account_alone(serve, connect, service):
    """Two accounts in one process, used side by side: keys, next keys, uids, and what is signed with which."""
    secrets: dict[str, dict[str, str]] = {
        who: {"uid": f"uid-of-{who}", "key": f"key-of-{who}", "next_key": f"next-of-{who}"} for who in ("one", "two")
    }
    servers = {who: serve(token=f"token-of-{who}") for who in secrets}
    accounts = {who: connect(servers[who].url, service, **secrets[who]) for who in secrets}
    for _ in range(2):
        for account in accounts.values():
            account.read({"site"})
    for account in accounts.values():
        account.check()
    for who, server in servers.items():
        (other,) = secrets.keys() - {who}
        foreign = [*secrets[other].values(), f"token-of-{other}"]
        foreign += [md5(f"{key}uid={secrets[who]['uid']}".encode()).hexdigest() for key in foreign]
        assert len(server.told) > 2
        assert not [text for text in foreign if text in server.everything]
        assert secrets[who]["key"] not in server.everything
        for line in server.told:
            query = line.split()[1].partition("?")[2]
            if service is Pozvonim:
                unsigned, _, sign = query.rpartition("&sign=")
                used = secrets[who]["key"] if "/auth/token" in line else f"token-of-{who}"
                assert sign == md5(f"{used}{unsigned}".encode()).hexdigest()
            else:
                unsigned, _, sign = query.rpartition("&SecurityKey=")
                signed = f"{unsigned}&PrivateSecurityKey={secrets[who]['key']}"
                assert sign == md5(signed.encode()).hexdigest()
