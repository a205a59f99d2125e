"""A difference in spelling is not a difference in meaning: every row of api.md 1.7, and what is refused."""

from __future__ import annotations

import pytest

from reconcile.model.normalize import TYPES, human_address, read_address

#: type, canonical value, spellings of it: written by people, or given back by the service.
SAME = [
    ("flag", True, [True, 1, "1", 1.0, "true", "True", " 1 "]),
    ("flag", False, [False, 0, "0", 0.0, "false", ""]),
    ("integer", 28, [28, "28", 28.0, "28.0", " 28 ", "+28", "028"]),
    ("integer", 0, [0, "0", False, 0.0, "-0"]),
    ("integer", 1, [1, "1", True]),
    ("integer", -5, [-5, "-5", -5.0]),
    ("hour", 9, [9, "9", "09", "9:0", "09:00", "9:00", "09:00:00", 9.0, "9.0", " 9 "]),
    ("hour", "10:30", ["10:30", "10:30:00", " 10:30 ", "10.30"]),
    ("hour", "9:05", ["9:05", "09:05", "9:5"]),
    ("hour", 0, [0, "0", "00:00", False, "0:0"]),
    ("hour", 1, [1, "1", True, "01:00"]),
    ("hour", 24, [24, "24", "24:00"]),
    ("text", "a\nb", ["a\nb", "a\r\nb", " a\nb\n", "\r\na\r\nb"]),
    ("text", "5", ["5", 5, 5.0]),
    ("text", "1", ["1", 1, True]),
    ("text", "1.5", ["1.5", 1.5]),
    ("email", "owner@acme.ru", ["owner@acme.ru", " Owner@Acme.RU\n"]),
    ("timezone", "Asia/Vladivostok", ["Asia/Vladivostok", " Asia/Vladivostok\n"]),
    (
        "phone",
        "+74951234567",
        [
            "+7 (495) 123-45-67",
            "74951234567",
            "+74951234567",
            "84951234567",
            74951234567,
            84951234567,
            "8 495 123 45 67",
            "8-495-123-45-67",
            "+7.495.123.45.67",
            "+7 495 123–45–67",
            "(495) 123-45-67",
        ],
    ),
    ("phone", "+442071838750", ["+44 20 7183 8750", "442071838750", 442071838750, "+442071838750"]),
    ("phone_prefix", "+7", ["+7", "7", 7, "+ 7", 7.0]),
    ("phone_prefix", "+375", ["+375", 375, "(375)"]),
    (
        "networks",
        ("198.51.100.0/24", "203.0.113.7"),
        [
            "203.0.113.7\n198.51.100.0/24",
            "203.0.113.7\r\n198.51.100.0/24\r\n",
            " 198.51.100.0/24 \n\n 203.0.113.7 ",
            ["203.0.113.7", "198.51.100.0/24", "203.0.113.7"],
            {"0": "203.0.113.7", "1": "198.51.100.0/24"},
            ["203.0.113.7/32", "198.51.100.99/24"],
            ["203.0.113.7/255.255.255.255", "198.51.100.0/255.255.255.0"],
        ],
    ),
    ("networks", ("2001:db8::1",), ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", ["2001:db8::1/128"]]),
    (
        "phones",
        ("+74950000000", "+74951234567"),
        ["84950000000\n+7 495 123-45-67", [74951234567, "+74950000000"], "74950000000\r\n\r\n84951234567\n"],
    ),
    ("lines", ("/admin", "Б"), ["/admin\nБ", "Б\r\n/admin\r\n", [" Б", "/admin", "Б"], {"1": "Б", "0": "/admin"}]),
    ("lines", ("7",), ["7", [7], [7.0]]),
    (
        "events",
        ("call", "missed"),
        [["missed", "call"], {"0": "call", "1": "missed"}, "call\nmissed", ["call "] * 2 + ["missed"]],
    ),
    (
        "url",
        "acme.ru",
        ["http://Acme.ru/", "acme.ru", "http://acme.ru", "https://acme.ru/", " ACME.RU. ", "acme.ru:80"],
    ),
    (
        "url",
        "xn--e1afmkfd.xn--p1ai",
        ["Пример.рф", "http://xn--e1afmkfd.xn--p1ai/", "XN--E1AFMKFD.XN--P1AI", "пример.РФ/"],
    ),
    ("url", "acme.ru/Shop", ["https://acme.ru/Shop/", "ACME.ru/Shop"]),
    ("url", "acme.ru:8080", ["http://acme.ru:8080", "acme.ru:8080/"]),
]

#: No value at all, in every spelling: api.md 1.7, third row.
NOTHING = ["", [], {}]

REFUSED = [
    ("flag", ["yes", 2, "on", "2", [1], {}]),
    ("integer", ["twenty", 1.5, "1.5", "1 000", "0x1F", "", [], "9" * 30]),
    ("hour", ["25", "24:01", "9:60", "nine", "", -1, "9-18", 1.75]),
    ("text", [["a"], {"a": 1}, None]),
    ("email", ["owner", "owner@acme", "a b@acme.ru", "", 5, []]),
    ("timezone", ["Europe/Moskow", "MSK", "Europe", "../Moscow", "/etc/passwd", "Europe/Moscow\0"]),
    ("phone", ["123", "call me", "+7 495", "8-800", "+7 495 123-45-67 ext. 5", "+0", "4951234567" * 3]),
    ("phone_prefix", ["seven", "", "+", "1234567"]),
    ("networks", ["203.0.113.256", ["203.0.113.7", "example.ru"], "203.0.113.7/33", [{}]]),
    ("phones", [["+74951234567", "123"]]),
    ("lines", [["a\nb"], [["a"]]]),
    (
        "url",
        [
            "acme",
            "",
            "http://",
            "a..ru",
            "acme.ru:port",
            "user@acme.ru",
            "a b.ru",
            "acme.ru/a b",
            "-acme.ru",
            "a" * 64 + ".ru",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "canonical", "spellings"), SAME, ids=[f"{kind}-{value}" for kind, value, _ in SAME])
def test_all_spellings_are_one_value(kind, canonical, spellings):
    read = [TYPES[kind].read(spelling) for spelling in spellings]

    assert [(value, type(value) is bool) for value in read] == [(canonical, type(canonical) is bool)] * len(spellings)


@pytest.mark.parametrize("kind", [name for name, kind in TYPES.items() if kind.nothing == ()])
@pytest.mark.parametrize("raw", [*NOTHING, "\n", "\r\n \r\n", [""], {"0": ""}])
def test_an_empty_set_is_empty_in_all_spellings(kind, raw):
    assert TYPES[kind].read(raw) == ()


@pytest.mark.parametrize(("kind", "raw"), [(kind, raw) for kind, values in REFUSED for raw in values])
def test_what_is_no_value_is_refused_in_words(kind, raw):
    with pytest.raises(ValueError, match=r"^expected "):
        TYPES[kind].read(raw)


def test_every_type_is_in_the_tables():
    assert {kind for kind, *_ in SAME} == set(TYPES) == {kind for kind, _ in REFUSED} | {"events"}


@pytest.mark.parametrize(
    ("kind", "value", "wire", "shown"),
    [
        ("flag", True, 1, True),
        ("integer", 28, 28, 28),
        ("hour", "10:30", "10:30", "10:30"),
        ("hour", 9, 9, 9),
        ("phone", "+74951234567", "+74951234567", "+74951234567"),
        (
            "networks",
            ("198.51.100.0/24", "203.0.113.7"),
            "198.51.100.0/24\n203.0.113.7",
            ["198.51.100.0/24", "203.0.113.7"],
        ),
        ("lines", (), "", []),
        ("events", ("call", "missed"), ["call", "missed"], ["call", "missed"]),
        ("events", (), "", []),
    ],
)
def test_a_value_is_sent_and_shown(kind, value, wire, shown):
    sent = TYPES[kind].wire(value)

    assert (sent, type(sent)) == (wire, type(wire))
    assert TYPES[kind].show(value) == shown


def test_a_url_is_compared_by_its_address_and_sent_as_written():
    url = TYPES["url"].read("https://Acme.ru/")

    assert url == TYPES["url"].read("acme.ru") == "acme.ru"
    assert TYPES["url"].wire(url) == TYPES["url"].show(url) == "https://Acme.ru/"


def test_an_address_is_read_back_from_what_people_read():
    canonical = read_address("https://Кафе.Рф:8443/меню/")

    assert human_address(canonical) == "кафе.рф:8443/меню"
    assert read_address(human_address(canonical)) == canonical


def test_a_long_value_is_cut_in_messages():
    with pytest.raises(ValueError, match=r'got "x{56}\.\.\.$'):
        TYPES["integer"].read("x" * 1000)
