"""Shoppers find what they mean: the judged queries on the real engine."""

from functions.search.engine import OpenSearchEngine
from functions.search.query import search_body
from functions.search.request import SearchRequest
from scripts.dev.seed_catalog import products
from tests.support.judgements import judgements, ndcg

MEAN = 0.85
LEAST = 0.5


def test_the_judgements_are_of_the_seed_catalog() -> None:
    known = {product.item.product_id for product in products()}
    judged = judgements()
    assert len(judged) >= 40
    assert {name for grades in judged.values() for name in grades} <= known
    assert {grade for grades in judged.values() for grade in grades.values()} <= {1, 2, 3}


def test_what_is_wanted_comes_first(seeded: OpenSearchEngine) -> None:
    scores = {}
    for words, grades in judgements().items():
        hits = seeded.search(search_body(SearchRequest(words), None), "judged")["hits"]["hits"]
        scores[words] = ndcg([hit["_source"]["productId"] for hit in hits], grades)
    assert {words: score for words, score in scores.items() if score < LEAST} == {}
    assert sum(scores.values()) / len(scores) >= MEAN, scores
