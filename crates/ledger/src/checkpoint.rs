//! A signed statement of the log's size and root: a C2SP `tlog-checkpoint` in a C2SP `signed-note`.
//!
//! ```text
//! candour.example/org/7
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — candour.example/org/7 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q…
//! ```
//!
//! The log's key bears the log's name (its *origin*). Others may sign the same text beside it
//! ([`add_signature`]); signatures of unknown keys are passed over, as the format asks.

use ed25519_dalek::{Signer as _, SigningKey};
use signed_note::{
    Note, NoteError, Signature, Signer, StandardVerifier, VerificationError, Verifier, Verifiers,
};

use crate::error::LedgerError;
use crate::tree::{Hash, MAX_SIZE};

/// What a checkpoint states, and which trusted keys stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries in the log.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Trusted keys whose signature holds; never empty.
    pub signers: Vec<SignerId>,
    /// Keys that are not known here and whose signatures were therefore passed over.
    pub unknown: Vec<SignerId>,
}

impl Checkpoint {
    /// That one of the trusted signatures is the log's own: a witness alone does not vouch for it.
    ///
    /// # Errors
    /// [`LedgerError::Checkpoint`] if no trusted signer bears the log's name.
    pub fn own_signature(&self) -> Result<(), LedgerError> {
        if self.signers.iter().any(|signer| signer.name == self.origin) {
            return Ok(());
        }
        let what = format!("no trusted key of the log \"{}\" has signed it", self.origin);
        Err(LedgerError::Checkpoint(what))
    }
}

/// A key's name and the four bytes that tell it from others of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerId {
    /// The key's name.
    pub name: String,
    /// The key's number, from its name, type and public key.
    pub key_id: u32,
}

impl std::fmt::Display for SignerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{:08x}", self.name, self.key_id)
    }
}

impl From<&Signature> for SignerId {
    fn from(signature: &Signature) -> Self {
        Self { name: signature.name().to_owned(), key_id: signature.id() }
    }
}

/// An Ed25519 key that signs checkpoints. Its secret is wiped when it is dropped.
pub struct LogKey {
    name: String,
    secret: SigningKey,
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({})", self.vkey())
    }
}

impl LogKey {
    /// A key from its name, for a log the log's origin, and 32 secret random bytes.
    ///
    /// # Errors
    /// [`LedgerError::Key`] if the name is empty or has white space, control characters or a plus.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, LedgerError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), secret: SigningKey::from_bytes(secret) })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half as one line of text, `name+number+key`, to be published.
    pub fn vkey(&self) -> String {
        signed_note::new_ed25519_verifier_key(&self.name, &self.secret.verifying_key())
    }
}

impl Signer for LogKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        // The byte 1 stands for Ed25519.
        let public = [&[1], self.secret.verifying_key().as_bytes().as_slice()].concat();
        signed_note::key_id(&self.name, &public)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(self.secret.try_sign(message)?.to_vec())
    }
}

fn check_name(name: &str) -> Result<(), LedgerError> {
    if signed_note::is_key_name_valid(name) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let what = "a name must not be empty or have white space, control characters or a plus";
    Err(LedgerError::Key(what.to_owned()))
}

/// Signs a checkpoint. The log must never sign one that does not continue those it signed before.
///
/// # Errors
/// [`LedgerError::Key`] if the key does not bear the origin's name, [`LedgerError::Range`] if the
/// size is beyond [`MAX_SIZE`].
pub fn sign_checkpoint(
    origin: &str,
    size: u64,
    root: Hash,
    key: &LogKey,
) -> Result<String, LedgerError> {
    check_name(origin)?;
    if key.name != origin {
        let what = format!("the key \"{}\" does not bear the log's name \"{origin}\"", key.name);
        return Err(LedgerError::Key(what));
    }
    if size > MAX_SIZE {
        return Err(LedgerError::Range(format!("{size} entries are more than a log can have")));
    }
    let body = tlog_tiles::Checkpoint::new(origin, size, tlog_tiles::Hash(root), "")
        .map_err(|error| LedgerError::Checkpoint(error.to_string()))?;
    let mut note = Note::new(&body.to_bytes(), &[]).map_err(note_error)?;
    note.add_sigs(&[key]).map_err(note_error)?;
    text_of(&note)
}

/// Adds another signature to a checkpoint, or renews the one this key already has there. It does
/// not check what is signed: open the checkpoint, and check that it continues earlier ones, first.
///
/// # Errors
/// [`LedgerError::Checkpoint`] if the text is not a signed checkpoint.
pub fn add_signature(checkpoint: &str, key: &LogKey) -> Result<String, LedgerError> {
    let mut note = Note::from_bytes(checkpoint.as_bytes()).map_err(note_error)?;
    body_of(&note)?;
    note.add_sigs(&[key]).map_err(note_error)?;
    text_of(&note)
}

/// Opens a checkpoint that at least one of the trusted keys has signed.
///
/// # Errors
/// [`LedgerError::Key`] if a key's text is malformed; [`LedgerError::Checkpoint`] if the text is
/// malformed, if no trusted key signed it, or if the signature of any trusted key does not hold.
pub fn open_checkpoint(text: &str, vkeys: &[impl AsRef<str>]) -> Result<Checkpoint, LedgerError> {
    let mut known = Vec::<StandardVerifier>::new();
    for vkey in vkeys {
        let key = StandardVerifier::new(vkey.as_ref().trim()).map_err(|error| {
            LedgerError::Key(format!("not a verifier key such as name+1a2b3c4d+AQ…: {error}"))
        })?;
        known.push(key);
    }
    let note = Note::from_bytes(text.as_bytes()).map_err(note_error)?;
    let body = body_of(&note)?;
    let (trusted, unknown) = note.verify(&Known(known)).map_err(note_error)?;
    Ok(Checkpoint {
        origin: body.origin().to_owned(),
        size: body.size(),
        root: body.hash().0,
        signers: trusted.iter().map(SignerId::from).collect(),
        unknown: unknown.iter().map(SignerId::from).collect(),
    })
}

/// The trusted keys. Unlike `signed_note::VerifierList` it does not mind a key given twice.
struct Known(Vec<StandardVerifier>);

impl Verifiers for Known {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        match self.0.iter().find(|key| key.name() == name && key.key_id() == id) {
            Some(key) => Ok(key),
            None => Err(VerificationError::UnknownKey { name: name.to_owned(), id }),
        }
    }
}

fn body_of(note: &Note) -> Result<tlog_tiles::Checkpoint, LedgerError> {
    let malformed = || LedgerError::Checkpoint("malformed: not origin, size and root".to_owned());
    let body = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(|_| malformed())?;
    // There is only one way to write a checkpoint, and no log is larger than ours can be.
    if body.to_bytes() != note.text() || body.size() > MAX_SIZE {
        return Err(malformed());
    }
    Ok(body)
}

fn text_of(note: &Note) -> Result<String, LedgerError> {
    String::from_utf8(note.to_bytes())
        .map_err(|_| LedgerError::Checkpoint("malformed: not UTF-8".to_owned()))
}

fn note_error(error: NoteError) -> LedgerError {
    LedgerError::Checkpoint(match error {
        NoteError::UnverifiedNote => "none of the trusted keys has signed it".to_owned(),
        NoteError::InvalidSignature { name, id } => {
            format!("the signature of {name}+{id:08x} does not fit its text")
        }
        NoteError::MalformedNote => "malformed: not a signed note".to_owned(),
        other => other.to_string(),
    })
}
