"""Judges proofs, checkpoints and bundles, step by step as RFC 9162 sections 2.1.1, 2.1.3.2 and
2.1.4.2 and the C2SP signed-note format have them. Reads one JSON object a line and answers "accept"
or "refuse" a line. It shares no code and no algorithm with Candour: the RFC's verification runs
over the bits of the index, Candour's over subtrees."""

import base64
import hashlib
import json
import pathlib
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def inclusion(proof, index, size, leaf, root):
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\x01", p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01", r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency(proof, first, second, first_hash, second_hash):
    if first == second:
        return not proof and first_hash == second_hash
    if not 0 < first < second or not proof:
        return False
    if first & (first - 1) == 0:
        proof = [first_hash] + proof
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01", c, fr), sha256(b"\x01", c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01", sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_hash and sr == second_hash and sn == 0


def open_checkpoint(text, vkey):
    name, number, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    if key[0] != 1 or sha256(name.encode(), b"\n", key)[:4].hex() != number:
        raise ValueError("not an Ed25519 key of that name")
    body, signatures = text.rsplit("\n\n", 1)
    body += "\n"
    held = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash != "—":
            raise ValueError("not a signature")
        if signer == name and signature[:4].hex() == number:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], body.encode())
            held += 1
    origin, size, root, end = body.split("\n")
    if not held or end or size != str(int(size)):
        raise ValueError("not a checkpoint of this key")
    return origin, int(size), base64.b64decode(root, validate=True)


def tree_hash(leaves):
    """RFC 9162 section 2.1.1, by its definition."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01", tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def bundle(folder, vkey):
    folder = pathlib.Path(folder)
    _, size, root = open_checkpoint((folder / "checkpoint").read_text(), vkey)
    leaves = []
    while len(leaves) < size:
        index, width = len(leaves) // 256, min(256, size - len(leaves))
        path = f"{index % 1000:03}" + ("" if width == 256 else f".p/{width}")
        while index >= 1000:
            index //= 1000
            path = f"x{index % 1000:03}/{path}"
        entries, tile = (folder / "tile/entries" / path).read_bytes(), []
        while entries:
            (length,) = struct.unpack(">H", entries[:2])
            if len(entries) < 2 + length:
                return False
            tile.append(sha256(b"\x00", entries[2 : 2 + length]))
            entries = entries[2 + length :]
        if len(tile) != width or b"".join(tile) != (folder / "tile/0" / path).read_bytes():
            return False
        leaves += tile
    return tree_hash(leaves) == root


def judge(line):
    def hashed(key):
        return base64.b64decode(line[key], validate=True)

    proof = [base64.b64decode(p, validate=True) for p in line.get("proof", [])]
    kind = line["kind"]
    if kind == "inclusion":
        return inclusion(proof, line["index"], line["size"], hashed("leaf"), hashed("root"))
    if kind == "consistency":
        sizes = line["old_size"], line["size"]
        return consistency(proof, *sizes, hashed("old_root"), hashed("root"))
    if kind == "checkpoint":
        expected = line["origin"], line["size"], hashed("root")
        return open_checkpoint(line["text"], line["vkey"]) == expected
    return kind == "bundle" and bundle(line["dir"], line["vkey"])


for text in sys.stdin:
    try:
        good = judge(json.loads(text))
    except (ValueError, KeyError, OSError, InvalidSignature, struct.error):
        good = False
    print("accept" if good else "refuse")
