//! What the public may read about this service itself: how it uses what is typed here (UK GDPR
//! Art 13), how far everybody can use it, where to report a weakness. From the charter, so that it
//! is true of each organisation. An organisation's own privacy notice is named, not replaced.

pub mod portal;
