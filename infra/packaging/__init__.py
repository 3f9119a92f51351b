"""Lambda packages without Docker: locked wheels, only the code a handler imports, bytecode.

Same input, same hash: archives hold fixed times and modes in sorted order, bytecode is
`unchecked-hash` with the runtime's paths. Nothing is built twice: a package is named by the hash
of what goes into it, below `.local/packages`.
"""

from infra.packaging.build import FunctionSource, Package, Packager, PackagingError
from infra.packaging.platforms import Platform

__all__ = ["FunctionSource", "Package", "Packager", "PackagingError", "Platform"]
