"""Every error that a user can cause, by name: catch them from here.

Names are imported when they are first used, as those of the package.
"""

from typing import TYPE_CHECKING

from pylightnix_fn.lazily import homes_of, importing

if TYPE_CHECKING:
    from pylightnix_fn.errors.build import (
        BeingBuilt,
        CannotTravel,
        CommandFailed,
        DecodeFailed,
        DependencyFailed,
        EncodeFailed,
        Ended,
        GivenUp,
        InputGone,
        MatcherFailed,
        MissingOutput,
        NothingToSelect,
        NotRealized,
        PauseEnded,
        RealizerFailed,
        RefusedByMatcher,
        RequirementFailed,
        ReservedFile,
        SealedArtifact,
        TimedOut,
        TooFewResources,
        UnboundArtifact,
        UndeclaredInput,
        UnsatisfiedMatcher,
        UnsupportedFile,
        WorkerLost,
        WrongArgument,
    )
    from pylightnix_fn.errors.fetch import (
        ArchiveDamaged,
        ArchiveRefused,
        ChecksumMalformed,
        ChecksumMismatch,
        DownloadFailed,
        LocalFileMissing,
        NotRegularFile,
        UnknownArchive,
        UrlRefused,
    )
    from pylightnix_fn.errors.graph import GraphvizFailed
    from pylightnix_fn.errors.inplace import NoSuchPart, NothingPaused, NotSeen
    from pylightnix_fn.errors.inquiry import (
        AmbiguousObject,
        MalformedCondition,
        MalformedMoment,
        NotComparable,
        UnknownColumn,
        UnknownObject,
    )
    from pylightnix_fn.errors.loading import (
        BadArgument,
        BrokenModule,
        MalformedTarget,
        MissingArgument,
        NotAStage,
        UnknownArgument,
        UnknownModule,
        UnknownStage,
    )
    from pylightnix_fn.errors.message import PylightnixError
    from pylightnix_fn.errors.plan import (
        BadParameter,
        DerivationOverwritten,
        LawBroken,
        MalformedConfig,
        MalformedName,
        MalformedOutputs,
        MalformedReference,
        MalformedSize,
        MalformedStage,
        MalformedVerdict,
        NotJson,
        NotOne,
        RealizationInConfig,
        UnknownField,
        UnknownReference,
        UnknownTarget,
        UnpromisedRead,
    )
    from pylightnix_fn.errors.store import (
        DamagedObject,
        HashCollision,
        LinkTaken,
        MissingObject,
        NoStoreChosen,
        NoSuchFile,
        NothingKept,
        NotRunning,
        StagingElsewhere,
        StillNeeded,
        StoreFailed,
        StoreFull,
        StoreIncomplete,
        StoreIsFile,
        StoreMissing,
        StoreNotReadable,
        StoreNotShared,
        StoreNotWritable,
        StoreOfOthers,
        UnknownCollection,
        UnknownFormat,
        UnknownRoot,
    )
    from pylightnix_fn.errors.transfer import (
        ArchiveNotWritten,
        ClosureDamaged,
        ClosureRefused,
        NotTransferable,
        PackageMissing,
    )

_HOMES = {
    "build": "RealizerFailed MissingOutput ReservedFile UnsupportedFile UnsatisfiedMatcher "
    "RefusedByMatcher UndeclaredInput DecodeFailed EncodeFailed UnboundArtifact "
    "SealedArtifact MatcherFailed RequirementFailed TimedOut Ended CommandFailed "
    "NothingToSelect CannotTravel WorkerLost TooFewResources NotRealized "
    "WrongArgument GivenUp DependencyFailed BeingBuilt PauseEnded InputGone",
    "fetch": "UrlRefused ChecksumMalformed ChecksumMismatch DownloadFailed LocalFileMissing "
    "NotRegularFile UnknownArchive ArchiveRefused ArchiveDamaged",
    "graph": "GraphvizFailed",
    "inplace": "NoSuchPart NotSeen NothingPaused",
    "inquiry": "UnknownObject AmbiguousObject MalformedCondition MalformedMoment UnknownColumn "
    "NotComparable",
    "loading": "MalformedTarget UnknownModule BrokenModule UnknownStage NotAStage "
    "UnknownArgument MissingArgument BadArgument",
    "message": "PylightnixError",
    "plan": "MalformedName MalformedReference NotJson RealizationInConfig "
    "DerivationOverwritten UnknownReference UnknownTarget MalformedStage "
    "MalformedConfig MalformedOutputs UnpromisedRead BadParameter MalformedSize "
    "MalformedVerdict NotOne UnknownField LawBroken",
    "store": "StoreIsFile StoreMissing StoreNotWritable StoreNotReadable StoreFailed "
    "StoreIncomplete StoreOfOthers UnknownFormat StoreFull StagingElsewhere "
    "MissingObject DamagedObject HashCollision StillNeeded UnknownRoot NotRunning "
    "NoSuchFile NoStoreChosen NothingKept UnknownCollection LinkTaken StoreNotShared",
    "transfer": "ClosureRefused ClosureDamaged NotTransferable ArchiveNotWritten PackageMissing",
}
_HOME = homes_of(_HOMES)

__all__ = [
    "AmbiguousObject",
    "ArchiveDamaged",
    "ArchiveNotWritten",
    "ArchiveRefused",
    "BadArgument",
    "BadParameter",
    "BeingBuilt",
    "BrokenModule",
    "CannotTravel",
    "ChecksumMalformed",
    "ChecksumMismatch",
    "ClosureDamaged",
    "ClosureRefused",
    "CommandFailed",
    "DamagedObject",
    "DecodeFailed",
    "DependencyFailed",
    "DerivationOverwritten",
    "DownloadFailed",
    "EncodeFailed",
    "Ended",
    "GivenUp",
    "GraphvizFailed",
    "HashCollision",
    "InputGone",
    "LawBroken",
    "LinkTaken",
    "LocalFileMissing",
    "MalformedCondition",
    "MalformedConfig",
    "MalformedMoment",
    "MalformedName",
    "MalformedOutputs",
    "MalformedReference",
    "MalformedSize",
    "MalformedStage",
    "MalformedTarget",
    "MalformedVerdict",
    "MatcherFailed",
    "MissingArgument",
    "MissingObject",
    "MissingOutput",
    "NoStoreChosen",
    "NoSuchFile",
    "NoSuchPart",
    "NotAStage",
    "NotComparable",
    "NotJson",
    "NotOne",
    "NotRealized",
    "NotRegularFile",
    "NotRunning",
    "NotSeen",
    "NotTransferable",
    "NothingKept",
    "NothingPaused",
    "NothingToSelect",
    "PackageMissing",
    "PauseEnded",
    "PylightnixError",
    "RealizationInConfig",
    "RealizerFailed",
    "RefusedByMatcher",
    "RequirementFailed",
    "ReservedFile",
    "SealedArtifact",
    "StagingElsewhere",
    "StillNeeded",
    "StoreFailed",
    "StoreFull",
    "StoreIncomplete",
    "StoreIsFile",
    "StoreMissing",
    "StoreNotReadable",
    "StoreNotShared",
    "StoreNotWritable",
    "StoreOfOthers",
    "TimedOut",
    "TooFewResources",
    "UnboundArtifact",
    "UndeclaredInput",
    "UnknownArchive",
    "UnknownArgument",
    "UnknownCollection",
    "UnknownColumn",
    "UnknownField",
    "UnknownFormat",
    "UnknownModule",
    "UnknownObject",
    "UnknownReference",
    "UnknownRoot",
    "UnknownStage",
    "UnknownTarget",
    "UnpromisedRead",
    "UnsatisfiedMatcher",
    "UnsupportedFile",
    "UrlRefused",
    "WorkerLost",
    "WrongArgument",
]


if not TYPE_CHECKING:
    __getattr__ = importing(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
