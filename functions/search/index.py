"""The index as code: how text is taken apart, which fields there are, what a product becomes.

Everything is built into the engine; only features of the managed service's same version.
Source: "Analyzers", "Mappings" and "Field types" of the OpenSearch documentation.
"""

from collections.abc import Mapping
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any, Final

from contracts.events.catalog import ProductChanged

ALIAS: Final = "products"
"""What is searched: always one whole index."""
PREFIX: Final = "products-"
"""Begins the name of every index."""
WRITE_PREFIX: Final = "products-write-"
"""Begins the alias by which one index is written: the one that is searched has one, and the one
that is being built. A write names it, so that no write makes an index that was just removed."""

_SYNONYMS: Final = Path(__file__).parent / "synonyms.txt"
_BASIC: Final = ("lowercase", "asciifolding")


def write_alias(index: str) -> str:
    """The alias by which an index is written."""
    return f"{WRITE_PREFIX}{index.removeprefix(PREFIX)}"


def definition(replicas: int) -> dict[str, Any]:
    """Body of the request that makes an index.

    Args:
        replicas: copies of it on other nodes.
    """
    return {
        "settings": {
            "index": {"number_of_shards": 1, "number_of_replicas": replicas},
            "analysis": _analysis(),
        },
        "mappings": {"dynamic": "strict", "properties": _properties()},
    }


def _analysis() -> dict[str, Any]:
    """Words are written and asked for in the same form; synonyms are only asked for."""
    return {
        "char_filter": {
            "thousands": {
                "type": "pattern_replace",
                "pattern": r"(?<=\d),(?=\d{3}\b)",
                "replacement": "",
            }
        },
        "filter": {
            "possessives": {"type": "stemmer", "language": "possessive_english"},
            "endings": {"type": "stemmer", "language": "english"},
            "stopwords": {"type": "stop", "stopwords": "_english_"},
            "synonyms": {"type": "synonym_graph", "synonyms": synonyms()},
        },
        "analyzer": {
            "written": {
                "type": "custom",
                "char_filter": ["thousands"],
                "tokenizer": "standard",
                "filter": [*_BASIC, "possessives", "stopwords", "endings"],
            },
            "asked": {
                "type": "custom",
                "char_filter": ["thousands"],
                "tokenizer": "standard",
                "filter": [*_BASIC, "possessives", "synonyms", "stopwords", "endings"],
            },
            "typed": {
                "type": "custom",
                "char_filter": ["thousands"],
                "tokenizer": "standard",
                "filter": list(_BASIC),
            },
        },
    }


@cache
def synonyms() -> tuple[str, ...]:
    """The rules of `synonyms.txt`."""
    lines = _SYNONYMS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _text(**more: Any) -> dict[str, Any]:
    return {"type": "text", "analyzer": "written", "search_analyzer": "asked", **more}


def _properties() -> dict[str, Any]:
    whole = {"type": "long"}
    return {
        "productId": {"type": "keyword"},
        "version": whole,
        "retired": {"type": "boolean"},
        "name": _text(
            copy_to="everything",
            fields={"typed": {"type": "search_as_you_type", "analyzer": "typed"}},
        ),
        "description": _text(copy_to="everything"),
        "tags": _text(copy_to="everything"),
        "brand": _text(copy_to="everything"),
        "variants": _text(copy_to="everything"),
        "category": {
            "type": "keyword",
            "copy_to": "everything",
            "fields": {"words": _text()},
        },
        "everything": _text(fields={"typed": {"type": "text", "analyzer": "typed"}}),
        "lowestPrice": whole,
        "highestPrice": whole,
        "currency": {"type": "keyword"},
        "inStock": {"type": "boolean"},
        "ratingTenths": {"type": "short"},
        "ratingCount": {"type": "integer"},
        "createdAt": {"type": "date"},
    }


def document(product: ProductChanged, version: int) -> dict[str, Any]:
    """A product as it is indexed.

    What is retired leaves a tombstone: the engine forgets the version of a deleted document within
    a minute, and would then take an older event for news.
    """
    if product.status == "RETIRED":
        return {"productId": product.product_id, "version": version, "retired": True}
    found: dict[str, Any] = {
        "productId": product.product_id,
        "version": version,
        "retired": False,
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "tags": list(product.tags),
        "variants": _values(product.attributes),
        "inStock": product.in_stock,
        "ratingTenths": product.rating_tenths,
        "ratingCount": product.rating_count,
        "createdAt": product.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if product.brand is not None:
        found["brand"] = product.brand
    if product.prices is not None:
        found["lowestPrice"] = product.prices.lowest
        found["highestPrice"] = product.prices.highest
        found["currency"] = product.prices.currency
    return found


def _values(attributes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Each with its attribute's name: "1,000 pieces"."""
    return [f"{value} {name}" for name in sorted(attributes) for value in attributes[name]]
