//! Word lists: forenames, short forms of forenames, titles, and capitalised words that name nobody.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Titles dropped wherever they stand, in lower case.
pub(crate) const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "messrs",
    "mister",
    "doctor",
];

/// Titles dropped only before a name: alone they are surnames too.
pub(crate) const LEADING_TITLES: &[&str] = &[
    "sir",
    "dame",
    "lord",
    "lady",
    "cllr",
    "councillor",
    "capt",
    "captain",
    "major",
    "maj",
    "col",
    "colonel",
    "sgt",
    "sister",
    "father",
    "fr",
    "hon",
    "imam",
    "rabbi",
    "baroness",
    "pc",
];

/// Letters after a name.
pub(crate) const SUFFIXES: &[&str] =
    &["esq", "obe", "mbe", "cbe", "kbe", "dbe", "phd", "bsc", "msc", "jp", "mp", "msp", "qc", "kc"];

/// Whether a title says a woman, a man, or neither.
pub(crate) fn title_gender(title: &str) -> Option<char> {
    match title {
        "mr" | "mister" | "sir" | "lord" => Some('m'),
        "mrs" | "ms" | "miss" | "dame" | "lady" | "baroness" => Some('f'),
        _ => None,
    }
}

/// How a word of a text stands to forenames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forename {
    /// A forename and nothing else.
    Plain,
    /// A forename and an English word too.
    AlsoWord,
}

static FORENAMES: LazyLock<HashMap<&'static str, Forename>> = LazyLock::new(|| {
    let lines = include_str!("../data/forenames.txt").lines().filter(|l| !l.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .map(|word| match word.strip_suffix('*') {
            Some(name) => (name, Forename::AlsoWord),
            None => (word, Forename::Plain),
        })
        .collect()
});

/// Looks a folded word up among forenames.
pub(crate) fn forename(folded: &str) -> Option<Forename> {
    FORENAMES.get(folded).copied()
}

/// Forenames that are one name in two writings or a usual short form; each line one name.
const SHORT_FORMS: &str = "\
abigail abi abbie gail\nagnes aggie\nalan allan allen alun\nalbert bert al albie\nalexander alex alec al sandy alasdair alistair
alexandra alex sandra sandy alexa lexi\nalfred alf alfie fred\namanda mandy\nandrew andy drew\nangela angie
ann anne annie nan nancy\nanthony antony tony\narthur art\nbarbara barb babs\nbartholomew bart\nbeatrice bea beatrix
benjamin ben benny\nbernadette bernie\nbernard bernie\nbrian bryan\ncatherine katherine katharine kathryn cathryn cath cathy kath kathy kate katie katy kitty kay
caroline carolyn carrie caro\ncarol carole\ncecilia celia\ncharles charlie chas chuck\ncharlotte charlie lottie
christine christina chris chrissie tina\nchristopher chris kit topher\nclaire clare clair\nconnor conor\ncynthia cindy
daniel dan danny\ndavid dave davey dai\ndeborah debra deb debbie\ndenis dennis den\ndenise denyse\nderek derrick del\ndesmond des
diane dianne diana di\ndominic dominick dom\ndonald don donnie\ndorothy dot dottie dolly\ndouglas doug\nedward ed eddie ted ned teddy
eileen aileen\neleanor elinor ellie nell nora\nelizabeth elisabeth liz lizzie beth betty bess eliza libby elsie betsy lisa
emily em millie emmie\nemma em\neric erik\neugene gene\nevelyn eve evie\nflorence flo florrie flossie\nfrances fran franny frankie
francis frank frankie\nfrederick frederic fred freddie freddy\ngabriel gabe\ngabrielle gaby gabby\ngeoffrey jeffrey geoff jeff
george georgie\ngeorgina georgie gina\ngerald gerry jerry\ngerard gerry\ngillian jillian gill jill\ngraham graeme grahame\ngregory greg
gwendolen gwen\nharold harry hal\nharriet hattie harri\nhelen helena nell nellie\nhenry harry hal hank\nhilary hillary
hugh huw hughie\nian iain\nisaac zac\nisabel isobel isabelle isabella izzy bella belle\njacob jake\njacqueline jacquelyn jackie jacqui
james jim jimmy jamie jem\njane jayne janey\njanet jan\njean jeanie\njeanette janette\njennifer jen jenny jennie\njeremy jerry jem
jessica jess jessie\njoanne joanna jo joann\njohn jon jack johnny jock\njonathan jonathon jon jonny\njoseph joe joey\njosephine jo josie
joshua josh\njudith judy judi\njulia julie jules\njulian jules\nkenneth ken kenny\nkimberley kim kimberly\nkirsty kirsten kirstie
laurence lawrence larry laurie lol\nleonard len lenny leo\nlesley leslie les\nlewis louis lou\nlillian lilian lily\nlinda lynda lyn
louise louisa lou\nlucinda lucy cindy\nlynn lynne lyn\nmadeleine madeline maddy maddie\nmargaret maggie meg megan peggy marge margo greta rita daisy
maria marie mariah\nmarc mark marcus\nmarjorie marge margery\nmartin martyn marty\nmary molly polly mamie\nmatilda tilly tilda mattie
matthew mathew matt matty\nmaureen mo\nmaurice mo morris\nmichael mike mick mickey micky mitch\nmichelle michele shelley\nmildred millie
millicent millie milly\nmohammed muhammad mohamed mohammad muhammed mohd md mo\nmuriel mu\nnatalie nat\nnathaniel nathan nat nate
neil neal niall\nnicholas nicolas nick nicky nico\nnicola nicky nikki nic\nnigel nige\nnorman norm\noliver ollie olly\nolivia liv livvy
pamela pam pammy\npatricia pat patsy tricia trish patty paddy\npatrick pat paddy padraig\npauline paul\npenelope penny pen\npeter pete
philip phillip phil pip\nphilippa pippa pip phil\nprudence prue\nraymond ray\nrachel rachael rach\nrebecca rebekah becky becca\nreginald reg reggie
richard rick dick rich ricky richie dickie\nrobert rob bob bobby robbie bert robin\nroderick rod roddy\nrodney rod\nroger rodge\nronald ron ronnie
rosemary rose rosie romy\nroseanne rose\nrosalind ros rosie\nsamantha sam sammy\nsamuel sam sammy\nsarah sara sally sadie
sean shaun shawn\nsebastian seb\nsidney sydney sid syd\nsimon si\nsophia sophie sofia\nstanley stan\nstephanie steph stephie
stephen steven steve stevie\nstewart stuart stu\nsusan sue susie suzie suzanne susannah suzy\nsylvia silvia\nterence terry tel terrence
teresa theresa terry tess tessa tracy\ntheodore theo ted teddy\nthomas tom tommy\ntimothy tim timmy\ntracey tracy\nvalerie val
vanessa nessa\nveronica ronnie vera\nvictor vic\nvictoria vicky vicki vikki tori\nvincent vince vin vinny\nvirginia ginny ginnie
vivien vivian vivienne viv\nwalter wally walt\nwilfred wilf\nwilliam bill will billy willie liam willy\nwinifred win winnie freda\nyvonne von
zachary zach zac zak";

/// Which lines of the short forms a name stands on.
static SHORT: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut lines: HashMap<&str, Vec<usize>> = HashMap::new();
    for (line, names) in SHORT_FORMS.lines().enumerate() {
        for name in names.split_whitespace() {
            lines.entry(name).or_default().push(line);
        }
    }
    lines
});

/// True for two writings of one forename: Bill and William, Kathryn and Catherine.
pub(crate) fn short_form(a: &str, b: &str) -> bool {
    match (SHORT.get(a), SHORT.get(b)) {
        (Some(a), Some(b)) => a.iter().any(|line| b.contains(line)),
        _ => false,
    }
}

/// Names that look alike and are two names; typing mistakes do not account for them.
const APART: &[(&str, &str)] = &[
    ("alexander", "alexandra"),
    ("andrea", "andrew"),
    ("andrea", "andreas"),
    ("christian", "christina"),
    ("christian", "christine"),
    ("christiana", "christian"),
    ("frances", "francis"),
    ("francesca", "francesco"),
    ("gabriel", "gabrielle"),
    ("joan", "jean"),
    ("louis", "louise"),
    ("mario", "maria"),
    ("marian", "marion"),
    ("nicholas", "nicola"),
    ("patricia", "patrick"),
    ("roberto", "roberta"),
    ("stefania", "stefan"),
    ("carol", "carl"),
    ("karen", "karin"),
    ("marlene", "darlene"),
    ("daniella", "danielle"),
    ("georgia", "georgina"),
    ("julian", "juliana"),
    ("adrian", "adriana"),
    ("jasmin", "jason"),
    ("harris", "harrison"),
    ("harriet", "harriett"),
    ("rosanna", "rosanne"),
    ("shane", "shannon"),
    ("sean", "seana"),
    ("marcel", "marcela"),
];

/// Endings that turn one forename into another: Paul and Paula, Joseph and Josephine.
const ENDINGS: &[&str] = &[
    "a", "ia", "ina", "ine", "ette", "elle", "lle", "le", "la", "na", "ne", "ie", "e", "o", "en",
    "y",
];

/// True for two forenames that differ only by an ending and are names in use.
pub(crate) fn apart(a: &str, b: &str) -> bool {
    if APART.iter().any(|(x, y)| (*x == a && *y == b) || (*x == b && *y == a)) {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let either = forename(short).is_some() || forename(long).is_some();
    either && long.strip_prefix(short).is_some_and(|end| ENDINGS.contains(&end))
}

/// Words that begin sentences, letters and headings with a capital and name nobody.
const COMMON: &str = "\
a about above accept according account accounts action actions active additional address after again against age agenda
agree agreed all also although always am amount an and annual another any apart apologies application apply approved are
around as ask asked asking at attached attendance attended award balance bank be because been before being below best
between book booked booking both but by call called came can card case cash change changes charge check cheque claim
clearly close closed club come comment comments complaint complaints confirm confirmed consent contact copy correct could
data date day days dear december decision delivered despite did different discussed do does done donation due during each
early either email emails employee end enclosed enquiry enter entry error evening event events every everyone example
except fee fees few file final finally find first following for form from full further general gift given go good granted
great had half hand happy has have having he head hello help hence her here hereby hers hi high him his holiday home how
however i if im in include included including indeed information initially instead into invoice is issue it item items its
january join joined just keep kind know last late later latest least left less let letter letters like list local long look
made make many matter may me meanwhile meeting meetings member members membership message mine minutes missing monday money
month more morning most much must my name near need new next night no nobody none nor not note noted notes nothing notice
now number of off office often old on once one online only open or order other others our out outcome over overall own paid
part party past pay payment payments per perhaps personal phone place please point policy post present previous privacy
private proposed public purchase question questions quite rather re read reason receipt received record records refund
regarding regards renewal renewed reply report request requested response result right same saturday saw second section see
seen send sender sent several shall she should show since sincerely site so some someone something soon sorry spoke staff
start statement still subject such summary sunday support sure table take telephone tell text than thank thanks that the
their them then there therefore these they thing this those though through thursday thus time times to today together told
tomorrow too total transfer tuesday two under unfortunately unless until up update updated upon us use used user usual very
via view visit visited volunteer volunteers wanted was we website wednesday week welcome well went were what when where
whether which while who whose why will wish with within without work works would writing written wrote yes yesterday yet
you your yours faithfully warm cc bcc fw fwd from friday february march april june july august september october november
mon tue tues wed thu thur thurs fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn winter
easter christmas boxing bank year years happy three four five six seven eight nine ten hundred thousand north south east
west upper lower inner outer central royal national international british english scottish welsh irish european american
french german spanish italian polish indian chinese christian muslim jewish hindu sikh catholic protestant internet excel
word outlook microsoft google apple facebook zoom teams twitter instagram whatsapp linkedin paypal stripe visa mastercard
pdf gdpr dpa ico foi uk eu usa gb england scotland wales ireland britain europe london birmingham manchester leeds glasgow
edinburgh cardiff belfast liverpool bristol sheffield newcastle nottingham leicester york oxford cambridge bath exeter
plymouth portsmouth southampton brighton norwich ipswich derby coventry swansea aberdeen dundee inverness kent essex
sussex surrey norfolk suffolk devon cornwall dorset somerset hampshire yorkshire lancashire cumbria durham northumberland
lincolnshire cheshire shropshire gloucestershire oxfordshire wiltshire berkshire hertfordshire bedfordshire
direct debit standing gift aid excellent great absent apology matters arising proposer seconder ref reference id dob nhs ni
iban url http https www mobile tel fax mob ext po box vat ltd plc cic agm egm ceo cfo dpo hr it qa";

/// Roles and ranks: they stand beside a name and are not part of it.
const ROLES: &str = "\
secretary treasurer chair chairman chairwoman chairperson president director manager officer administrator
trustee trustees editor clerk steward captain coach convenor convener accountant auditor solicitor barrister governor
teacher headteacher nurse consultant surgeon practitioner counsellor councillor assistant deputy vice senior junior acting
executive chief controller processor regulator commissioner ombudsman librarian registrar warden caretaker supervisor
coordinator leader partner patron founder ambassador adviser advisor representative agent inspector constable sergeant
judge magistrate customer client patient tenant resident user sir madam sirs colleague colleagues friend friends all team
respondent participant applicant witness employer employees landlord neighbour parent parents guardian carer";

/// Nouns that end the name of a body, a place or a thing: the words before them are no person.
const BODIES: &str = "\
society association committee council club trust foundation charity group board department ministry
agency authority service services bureau institute institution university college school academy faculty church chapel
cathedral mosque temple synagogue hospital surgery clinic practice centre center hall house lodge cottage court street road
avenue lane drive close crescent gardens garden grove place square terrace way walk park hill green view mews row wharf
quay bridge station airport estate farm mill works yard market town city village county parish district borough ward region
kingdom union federation network cooperative operative company limited llp inc corporation holdings partnership
partners bank museum library gallery theatre cinema hotel inn restaurant cafe pub stadium arena pool gym field common
river lake sea bay beach island valley forest wood woods mountain act regulation regulations directive article schedule
code charter order rules bill law policy notice protection agenda report accounts budget newsletter magazine journal gazette
times post herald fund scheme programme project campaign appeal award prize cup league championship match festival fair
conference seminar workshop course class lecture dinner lunch supper party sale tour trip choir band orchestra ensemble
meeting minutes system database server software form register list office reception desk room suite floor block flat unit
building tower castle palace abbey priory manor shop store stores supermarket garage number day week weekend month term
eve year holiday team crew staff members age aid insurance pension tax credit benefit allowance";

static COMMON_SET: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| COMMON.split_whitespace().collect());
static ROLE_SET: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ROLES.split_whitespace().collect());
static BODY_SET: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| BODIES.split_whitespace().collect());

/// What a capitalised word says about the words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Begins sentences, or names a day, a month, a country: a wall between names.
    Common,
    /// A role: a wall, and a name may follow.
    Role,
    /// Ends the name of a body or a place.
    Body,
    /// Nothing known: may be part of a name.
    Open,
}

/// Looks a folded word up in the lists.
pub(crate) fn word(folded: &str) -> Word {
    if BODY_SET.contains(folded) {
        Word::Body
    } else if ROLE_SET.contains(folded) {
        Word::Role
    } else if COMMON_SET.contains(folded) {
        Word::Common
    } else {
        Word::Open
    }
}
