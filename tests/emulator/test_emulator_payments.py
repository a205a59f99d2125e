"""Money for clients: calls 16 and 28 of api.md 1.4, which are one."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from reconcile.emulator.storage import Purse


@pytest.fixture
def acme(emulator):
    return emulator.put_client("100", "a@acme.ru")


@pytest.mark.parametrize("path", ["/payments/contributors/{}", "/contributors/{}/payments"])
@pytest.mark.parametrize("encoding", ["form", "json"])
def test_money_moves_from_a_purse_to_a_client(emulator, client, acme, path, encoding):
    paid = client.send("POST", path.format(acme), {"type": 1, "amount": 1000}, encoding)
    assert (paid.status_code, paid.json()) == (200, {"id": 1, "amount": "1000.00", "balance": "9000.00"})
    paid = client.send("POST", path.format(acme), {"type": "2", "amount": "99.5"}, encoding)
    assert paid.json() == {"id": 2, "amount": "99.50", "balance": "900.50"}
    profile = client.send("GET", "/profile").json()
    assert (profile["balance"], profile["partner_balance"]) == ("9000.00", "900.50")
    assert client.send("GET", f"/contributors/{acme}").json()["balance"] == "1099.50"
    assert emulator.payments("100") == [
        {"id": 1, "client": acme, "type": 1, "amount": Decimal(1000)},
        {"id": 2, "client": acme, "type": 2, "amount": Decimal("99.5")},
    ]


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"amount": 1}, "GEN-PARAM-REQUIRED"),
        ({"type": 1}, "GEN-PARAM-REQUIRED"),
        ({"type": 0, "amount": 1}, "GEN-PARAM-INVALID"),
        ({"type": 3, "amount": 1}, "GEN-PARAM-INVALID"),
        ({"type": "main", "amount": 1}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": 0}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": "0.00"}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": -5}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": "1.005"}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": "1e3"}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": "1000,50"}, "GEN-PARAM-INVALID"),
        ({"type": 1, "amount": 1, "currency": "RUB"}, "GEN-PARAM-UNKNOWN"),
        ({"type": 2, "amount": "1000.01"}, "PAYMENT-INSUFFICIENT"),
    ],
)
def test_a_payment_is_refused(emulator, client, acme, sent, refusal):
    answer = client.send("POST", f"/contributors/{acme}/payments", sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, refusal)
    assert emulator.payments("100") == []
    assert emulator.profile("100")["partner_balance"] == 1000


def test_money_for_nobody(emulator, client, connect, acme):
    other = connect(emulator.url, "200", "other")
    for sender, number in ((client, 1), (other, acme)):
        answer = sender.send("POST", f"/payments/contributors/{number}", {"type": 1, "amount": 1})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "CONTRIBUTOR-NOT-FOUND")


def test_a_purse_never_falls_below_zero(emulator, client, acme):
    emulator.set_profile("100", balance=Decimal("95.50"))
    left = []

    def pay() -> None:
        for _ in range(20):
            paid = emulator._storage.clients.pay("100", acme, Purse.MAIN, 1000, 0.0)
            if paid is not None:
                left.append(paid[1])

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(left) == [550 + 1000 * n for n in range(9)]
    assert emulator.profile("100")["balance"] == Decimal("5.50")
    assert emulator.clients("100")[0]["balance"] == 90
    assert client.send("POST", f"/contributors/{acme}/payments", {"type": 1, "amount": "5.50"}).status_code == 200
