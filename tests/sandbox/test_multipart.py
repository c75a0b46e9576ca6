"""multipart/form-data: what clients send is read as it was meant, and anything else is refused in good time."""

import time

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.kit import IMPORT, refused
from urllib3.filepost import encode_multipart_formdata

from rulepack.sandbox.multipart import MOST_HEADER_BYTES, MOST_PARTS, MultipartError, Part, parse_parts

TYPE = "multipart/form-data; boundary=b"
HEAD = b'Content-Disposition: form-data; name="file"; filename="r.ndjson"\r\n\r\n'


def parsed(body, content_type=TYPE):
    return parse_parts(content_type, body)


def form(*parts):
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters='"\\'), min_size=1, max_size=10)
NAMES = NAMES.filter(lambda name: name.isprintable())


@settings(deadline=None)
@given(files=st.lists(st.tuples(NAMES, NAMES, st.binary(max_size=60)), max_size=5))
def test_what_a_client_sends_is_what_is_read(files):
    body, content_type = encode_multipart_formdata([(name, (file_name, data)) for name, file_name, data in files])
    if not files:
        # A form of nothing has no first boundary.
        with pytest.raises(MultipartError):
            parsed(b"", content_type)
        return
    assert parsed(body, content_type) == [Part(*one) for one in files]


@given(name=NAMES, data=st.binary(max_size=200))
def test_what_requests_sends_is_what_is_read(name, data):
    files = {"file": (name, data)}
    sent = requests.Request("POST", "http://localhost", files=files, data={"a": "b"}).prepare()
    assert parsed(sent.body, sent.headers["Content-Type"]) == [Part("a", None, b"b"), Part("file", name, data)]


PIECES = st.sampled_from(
    [
        b"--b",
        b"--",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        HEAD,
        b"--b--",
        b"\r\n--b\r\n",
        b"\r\n--b--\r\n",
        b"x",
        b"\x00",
        b'"',
        b";",
    ]
)


@settings(max_examples=300, deadline=None)
@given(body=st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(body):
    try:
        parts = parsed(body)
    except MultipartError:
        return
    assert sum(len(part.data) for part in parts) <= len(body)
    assert not any(b"\r\n--b" in part.data for part in parts)


@given(content_type=st.text(max_size=60) | st.text('multipart/form-data;boundary="\\b ', max_size=60).map(TYPE.__add__))
def test_any_content_type_is_taken_or_refused(content_type):
    try:
        parts = parsed(form(HEAD), content_type)
    except MultipartError:
        return
    assert parts == [] or parts[0].name == "file"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (TYPE, b"ignored\r\n" + form(HEAD + b"d") + b"ignored"),
        ('Multipart/Form-Data; charset=utf-8; Boundary="b"', form(HEAD + b"d")),
        (TYPE, form(HEAD + b"d").replace(b"--b\r\n", b"--b \t\r\n")),
        (TYPE, form(b"Content-Type: text/plain\r\ncontent-DISPOSITION:form-data;name=file;filename=r.ndjson\r\n\r\nd")),
    ],
)
def test_ways_to_send_the_same(content_type, body):
    assert parsed(body, content_type) == [Part("file", "r.ndjson", b"d")]


def test_names_in_other_notations():
    for text, name in (
        (b"filename*=utf-8''%e2%82%ac.ndjson", "\u20ac.ndjson"),
        (b"filename=\"x\"; filename*=UTF-8''%zz", "%zz"),
        (b"filename=\"x\"; filename*=latin-1''a", "x"),
        (rb'filename="a\"b\\c.ndjson"', 'a"b\\c.ndjson'),
        ('filename="\u20ac"'.encode(), "\u20ac"),
        (b'filename=""', ""),
        (b"other=x", None),
    ):
        head = b'Content-Disposition: form-data; name="file"; ' + text + b"\r\n\r\n"
        assert parsed(form(head))[0].file_name == name


def test_data_may_look_like_a_boundary():
    data = b"x--b--\r\n--\r\n\r--b\r\n-b--\n--b\r\n"
    assert parsed(form(HEAD + data)) == [Part("file", "r.ndjson", data)]


BAD = [
    b"",
    b"--b",
    b"--b--x"[:3] + b"x\r\n",
    b"--b\r\n" + HEAD + b"no end",
    b"--b\r\n" + HEAD + b"d\r\n--bb--",
    b"--b\r\n--b--\r\n",
    b"--b\r\n\r\nno headers\r\n--b--",
    b"--b\r\nContent-Type: text/plain\r\n\r\nd\r\n--b--",
    b"--b\r\nContent-Disposition: attachment; name=file\r\n\r\nd\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; filename=x\r\n\r\nd\r\n--b--",
    b"--b\nContent-Disposition: form-data; name=file\n\nd\n--b--",
    form(b"X: " + b"x" * MOST_HEADER_BYTES + b"\r\n" + HEAD),
    form(*[HEAD] * (MOST_PARTS + 1)),
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_malformed_form_is_refused(kibana, body):
    with pytest.raises(MultipartError):
        parsed(body)
    answer = kibana.post(IMPORT, data=body, headers={"Content-Type": TYPE})
    refused(answer, 400, "Invalid multipart payload format")


@pytest.mark.parametrize(
    "boundary", ["", "; boundary=", "; boundary=" + "b" * 71, "; boundary=\u20ac", '; boundary="b']
)
def test_a_form_without_a_boundary_is_refused(boundary):
    with pytest.raises(MultipartError):
        parsed(form(HEAD), f"multipart/form-data{boundary}")


@pytest.mark.parametrize(
    "filling",
    [b"\r\n--", b"\r\n--" + b"b" * 69, b"\r\n", b"\r", b"-", b"\r\n--" + b"b" * 35, b"\r\n\r\n", b'"', b";a="],
)
def test_ten_megabytes_of_almost_boundaries_take_no_time(filling):
    boundary = "b" * 70
    data = filling * (10_000_000 // len(filling))
    body = f"--{boundary}\r\n".encode() + HEAD + data + f"\r\n--{boundary}--".encode()
    begin = time.perf_counter()
    (part,) = parse_parts(f"multipart/form-data; boundary={boundary}", body)
    assert part.data == data
    with pytest.raises(MultipartError):
        parse_parts(f"multipart/form-data; boundary={boundary}", data)
    assert time.perf_counter() - begin < 2
