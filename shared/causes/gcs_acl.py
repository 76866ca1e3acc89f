"""An ACL was used on a bucket with uniform access."""

from shared.model.diagnosis import Cause, Sentence
from shared.model.plan import Tier

CAUSE = Cause(
    id="gcs.acl",
    title="ACLs are off on this bucket",
    order=70,
    tier=Tier.T3,
    explain="The bucket uses uniform bucket-level access, so object and bucket ACLs can neither be set nor count.",
    confirm=("the bucket's iamConfiguration.uniformBucketLevelAccess.enabled is true",),
    remedy="Use IAM on the bucket instead of ACLs; drop predefined ACLs from the client.",
    sentences=(
        Sentence(
            r"cannot (?:use|get|insert|update|set) (?:legacy )?acls?\b.{0,160}uniform bucket-level access", weight=3
        ),
        Sentence(r"uniform bucket-level access (?:is )?enabled", weight=2),
    ),
    service="storage.googleapis.com",
)
