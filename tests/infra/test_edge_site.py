"""The page: where it lies, what it loads, how long browsers keep it."""

import re
from pathlib import Path
from typing import Any

from contracts.edge import API_STAGE
from infra.edge.site import WEB, build_site
from tests.infra.template import Template


def test_the_page_is_read_by_the_edge_alone(edge: Template, distribution: dict[str, Any]) -> None:
    (page,) = [one for one in distribution["Origins"] if "S3OriginConfig" in one]
    (access,) = edge.of_type("AWS::CloudFront::OriginAccessControl")
    assert page["OriginAccessControlId"] == {"Fn::GetAtt": [access, "Id"]}
    assert page["Id"] == distribution["DefaultCacheBehavior"]["TargetOriginId"]
    for bucket in edge.of_type("AWS::S3::Bucket").values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_assets_are_named_by_their_content(tmp_path: Path) -> None:
    source, built = tmp_path / "web", tmp_path / "built"
    (source / "assets").mkdir(parents=True)
    (source / "index.html").write_text('<link href="assets/style.css"> assets/style.css')
    (source / "assets" / "style.css").write_text("one")
    build_site(source, built)
    (first,) = (built / "assets").iterdir()
    text = (built / "index.html").read_text()
    assert text == f'<link href="assets/{first.name}"> assets/style.css'
    assert re.fullmatch(r"style\.[0-9a-f]{16}\.css", first.name)
    (source / "assets" / "style.css").write_text("two")
    build_site(source, built)
    (second,) = (built / "assets").iterdir()
    assert second.name != first.name


def test_the_page_loads_nothing_but_what_its_policy_allows() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    referred = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    assert referred == {
        "assets/icon.svg",
        "assets/style.css",
        f"/{API_STAGE}/docs",
        f"/{API_STAGE}/openapi.json",
    }
    assert "<script" not in page
    assert "style=" not in page


def test_assets_are_immutable_and_the_page_is_asked_for_each_time(edge: Template) -> None:
    said = {
        each.get("DestinationBucketKeyPrefix", ""): each["SystemMetadata"]["cache-control"]
        for each in edge.of_type("Custom::CDKBucketDeployment").values()
    }
    assert said == {"assets/": "public, max-age=31536000, immutable", "": "no-cache"}
