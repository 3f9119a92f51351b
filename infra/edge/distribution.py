"""The distribution: the page from S3, the API below `/api`, security headers on all answers."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from contracts.edge import API_STAGE, ORIGIN_HEADER
from infra.edge.caching import keys
from infra.edge.site import Site
from infra.nag import accept
from infra.stages import Edge, Stage

YEAR: Final = cdk.Duration.days(365)
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own assets, and the documentation in a frame."""
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
"""For answers that say nothing themselves: they are data, whatever a browser takes them for."""
NEVER_KEPT: Final = (400, 403, 404, 405, 414, 500, 501, 502, 503, 504)
"""Errors that CloudFront would keep for ten seconds, some whatever their headers say: an order that
is not there yet for one customer would be missing for the next.
Source: "How CloudFront caches HTTP 4xx and 5xx status codes from your origin"."""


class Distribution(Construct):
    """One for a stage.

    Args:
        api_host: where the API answers.
        origin_secret: what the edge proves itself with to the API, as a dynamic reference.
        acl: the ARN of its web ACL; None: it has none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        edge: Edge,
        site: Site,
        api_host: str,
        origin_secret: str,
        acl: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._api = origins.HttpOrigin(
            api_host,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            custom_headers={ORIGIN_HEADER: origin_secret},
        )
        self._api_headers = self._headers("Api", API_POLICY, own_policy=True)
        page = cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(site.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers("Page", PAGE_POLICY, own_policy=False),
            compress=True,
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=stage.named("edge"),
            default_behavior=page,
            additional_behaviors=self._behaviours(),
            default_root_object="index.html",
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=cdk.Duration.seconds(0))
                for status in NEVER_KEPT
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass[edge.price_class],
            web_acl_id=acl,
            publish_additional_metrics=stage.watched,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            certificate=(
                acm.Certificate.from_certificate_arn(self, "Certificate", edge.certificate)
                if edge.certificate
                else None
            ),
            domain_names=[edge.domain] if edge.domain else None,
        )
        _accept_findings(self.distribution, edge)

    def _behaviours(self) -> Mapping[str, cloudfront.BehaviorOptions]:
        """Public pages by their patterns, each with its policy; then everything else of the API."""
        public = self._public_requests()
        policies: dict[frozenset[str], cloudfront.CachePolicy] = {}
        found = {}
        for pattern, parameters in keys().items():
            if parameters not in policies:
                policies[parameters] = self._key(parameters)
            found[f"/{API_STAGE}{pattern}"] = self._of_api(policies[parameters], public)
        everything = self._of_api(
            cloudfront.CachePolicy.CACHING_DISABLED,
            cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        )
        return {**found, f"/{API_STAGE}/*": everything}

    def _of_api(
        self,
        key: cloudfront.ICachePolicy,
        requests: cloudfront.IOriginRequestPolicy,
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=self._api,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cached_methods=cloudfront.CachedMethods.CACHE_GET_HEAD,
            cache_policy=key,
            origin_request_policy=requests,
            response_headers_policy=self._api_headers,
            compress=True,
        )

    def _key(self, parameters: frozenset[str]) -> cloudfront.CachePolicy:
        """Keeps an answer as long as it says itself, and not at all if it does not say so."""
        name = "-".join(sorted(parameters)[:1]) or "nothing"
        return cloudfront.CachePolicy(
            self,
            f"By{name.capitalize()}",
            cache_policy_name=self._stage.named(f"by-{name}"),
            comment=f"By {', '.join(sorted(parameters)) or 'the path alone'}.",
            min_ttl=cdk.Duration.seconds(0),
            default_ttl=cdk.Duration.seconds(0),
            max_ttl=cdk.Duration.days(1),
            query_string_behavior=(
                cloudfront.CacheQueryStringBehavior.allow_list(*sorted(parameters))
                if parameters
                else cloudfront.CacheQueryStringBehavior.none()
            ),
            header_behavior=cloudfront.CacheHeaderBehavior.none(),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
            enable_accept_encoding_gzip=True,
            enable_accept_encoding_brotli=True,
        )

    def _public_requests(self) -> cloudfront.OriginRequestPolicy:
        """What is sent on of a request below a public pattern: no parameter that is not in the key,
        or a stranger could have a wrong answer kept. Headers are for the other methods there."""
        return cloudfront.OriginRequestPolicy(
            self,
            "Public",
            origin_request_policy_name=self._stage.named("public"),
            comment="All headers but Host, no cookies, parameters of the key alone.",
            header_behavior=cloudfront.OriginRequestHeaderBehavior.deny_list("Host"),
            cookie_behavior=cloudfront.OriginRequestCookieBehavior.none(),
            query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.none(),
        )

    def _headers(
        self, construct_id: str, policy: str, *, own_policy: bool
    ) -> cloudfront.ResponseHeadersPolicy:
        """Security headers.

        Args:
            own_policy: an answer that has a Content-Security-Policy keeps its own.
        """
        return cloudfront.ResponseHeadersPolicy(
            self,
            construct_id,
            response_headers_policy_name=self._stage.named(construct_id.lower()),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=not own_policy
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.SAMEORIGIN, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=YEAR, include_subdomains=True, override=True
                ),
            ),
        )


def _accept_findings(distribution: cloudfront.Distribution, edge: Edge) -> None:
    accept(distribution, "AwsSolutions-CFR1", "The shop sells wherever it ships.")
    accept(
        distribution,
        "AwsSolutions-CFR3",
        "Standard logging v2 is a resource beside it, with fields that name nobody.",
    )
    if not edge.firewall:
        accept(distribution, "AwsSolutions-CFR2", "A stage without customers pays for no firewall.")
    if edge.domain is None:
        accept(
            distribution,
            "AwsSolutions-CFR4",
            "CloudFront's own certificate has no minimum of TLS; a domain of the shop's has.",
        )
