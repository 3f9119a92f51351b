"""The currencies that prices are in: what the payment provider takes and counts as ISO 4217 does.

Source: "Supported currencies" of Stripe. Of its list are left out:

- ISK and UGX, which have no decimals and are charged with two, and MGA, which has two and is
  charged with none: the customer would pay a hundredth of the price, or a hundred times it;
- BHD, JOD, KWD, OMR and TND, of whose three decimals the last is refused unless it is 0: not every
  refund of a part could be paid.
"""

from typing import Final

_CODES: Final = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BIF BMD BND BOB BRL BSD BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
    GYD HKD HNL HTG HUF IDR ILS INR JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR
    RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD
    UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
"""

CHARGEABLE: Final = frozenset(_CODES.split())
"""By their ISO 4217 codes."""
