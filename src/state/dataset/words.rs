//! The words that fake data is made of.
//!
//! They are part of the generator: a word that is added, dropped or moved changes every row that a
//! seed has ever given, so these lists stay as they are.

/// Given names from many places.
#[rustfmt::skip]
pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Adrian", "Aiko", "Aisha", "Alejandro", "Alice", "Amara", "Amir", "Ana", "André", "Anika",
    "Anton", "Astrid", "Ayşe", "Beatriz", "Ben", "Bianca", "Bilal", "Björn", "Camila", "Carlos",
    "Chen", "Chiara", "Chloé", "Clara", "Daniel", "Darius", "David", "Deepa", "Dmitri", "Elena",
    "Eli", "Emeka", "Emma", "Esther", "Eva", "Farah", "Fatima", "Felix", "Finn", "Freya", "Gabriel",
    "Giulia", "Grace", "Hana", "Hannah", "Hassan", "Henrik", "Hiroshi", "Ibrahim", "Imani", "Ines",
    "Ingrid", "Isaac", "Isabel", "Ivan", "Jack", "Jamal", "James", "Jana", "Javier", "Jin", "João",
    "John", "Jonas", "José", "Julia", "Kai", "Kamala", "Karim", "Katarzyna", "Keiko", "Kofi", "Lars",
    "Laura", "Layla", "Lena", "Leo", "Li", "Liam", "Linh", "Lucas", "Lucía", "Luka", "Maja", "Malik",
    "Marek", "Maria", "Mateo", "Maya", "Mei", "Mia", "Miguel", "Mila", "Mohammed", "Naomi", "Nadia",
    "Niamh", "Nikhil", "Nina", "Noah", "Nora", "Olga", "Oliver", "Olivia", "Omar", "Oscar", "Paolo",
    "Park", "Pedro", "Petra", "Priya", "Rachel", "Rahul", "Rania", "Renée", "Ricardo", "Rohan",
    "Rosa", "Ruth", "Sade", "Samir", "Samuel", "Sara", "Sean", "Sergei", "Siddharth", "Silvia",
    "Simone", "Sofia", "Søren", "Stefan", "Sven", "Tala", "Tariq", "Tereza", "Thandiwe", "Thomas",
    "Tomás", "Uma", "Valentina", "Victor", "Wei", "William", "Ximena", "Yara", "Yusuf", "Yuki",
    "Zainab", "Zara", "Zhang", "Zoë", "Zuzana",
];

/// Family names from many places.
#[rustfmt::skip]
pub(super) const LAST_NAMES: &[&str] = &[
    "Abe", "Abubakar", "Adeyemi", "Ahmed", "Ali", "Almeida", "Andersson", "Bakker", "Banerjee",
    "Bauer", "Becker", "Bianchi", "Brown", "Carter", "Castillo", "Chen", "Chowdhury", "Clark",
    "Cohen", "Costa", "Cruz", "Da Silva", "Davies", "Diallo", "Diaz", "Dubois", "Eriksen", "Evans",
    "Farah", "Ferrari", "Fischer", "Flores", "Fofanah", "Fournier", "Garcia", "Gomez", "González",
    "Green", "Gupta", "Haddad", "Hansen", "Hashimoto", "Hernández", "Hill", "Hoang", "Hoffmann",
    "Horvat", "Huang", "Hughes", "Ibrahim", "Ito", "Ivanova", "Jackson", "Jensen", "Johansson",
    "Johnson", "Jones", "Kaya", "Keller", "Khan", "Kim", "Kowalski", "Kumar", "Larsen", "Lee",
    "Lefebvre", "Lewis", "Li", "Lindholm", "López", "Martin", "Martínez", "Mbeki", "Mehta", "Mensah",
    "Meyer", "Miller", "Moreau", "Morgan", "Müller", "Murphy", "Mwangi", "Nakamura", "Nguyen",
    "Nielsen", "Novák", "Nowak", "O'Brien", "Okafor", "Okonkwo", "Olsen", "Osei", "Özdemir", "Park",
    "Patel", "Pereira", "Petrov", "Pham", "Popescu", "Quinn", "Rahman", "Ramirez", "Reyes", "Ricci",
    "Roberts", "Rodríguez", "Rossi", "Ruiz", "Sánchez", "Santos", "Sato", "Schmidt", "Schneider",
    "Sharma", "Shevchenko", "Silva", "Singh", "Smith", "Soto", "Suzuki", "Svensson", "Takahashi",
    "Tan", "Taylor", "Thompson", "Torres", "Tran", "Turner", "Van Dijk", "Vargas", "Vasquez",
    "Virtanen", "Walker", "Wang", "Weber", "White", "Williams", "Wilson", "Wood", "Wright", "Wu",
    "Yamamoto", "Yang", "Yilmaz", "Young", "Zhang", "Zhou", "Zimmermann",
];

/// The first words of companies' names.
#[rustfmt::skip]
pub(super) const COMPANY_NAMES: &[&str] = &[
    "Acorn", "Alder", "Amber", "Anchor", "Apex", "Arbor", "Aster", "Atlas", "Aurora", "Basalt",
    "Beacon", "Birch", "Blue Heron", "Boreal", "Brightwater", "Canopy", "Cascade", "Cedar", "Cobalt",
    "Compass", "Copper", "Coral", "Crescent", "Delta", "Driftwood", "Ember", "Evergreen", "Falcon",
    "Fern", "Fieldstone", "Foundry", "Garnet", "Glacier", "Granite", "Harbor", "Hazel", "Highland",
    "Horizon", "Indigo", "Iron Oak", "Ivory", "Juniper", "Kestrel", "Keystone", "Lantern", "Larch",
    "Lighthouse", "Linden", "Lumen", "Magnolia", "Maple", "Meadow", "Meridian", "Mistral", "Monarch",
    "Mosaic", "North Star", "Nova", "Oak", "Obsidian", "Onyx", "Opal", "Orchard", "Osprey", "Pebble",
    "Pine", "Pinnacle", "Prairie", "Quartz", "Quill", "Raven", "Redwood", "Ridge", "Riverbend",
    "Rowan", "Sable", "Saffron", "Sandpiper", "Sequoia", "Silverleaf", "Slate", "Solstice", "Sparrow",
    "Spruce", "Stonebridge", "Summit", "Sycamore", "Tamarack", "Tern", "Thistle", "Tidewater",
    "Topaz", "Trellis", "Umber", "Vantage", "Verdant", "Walnut", "Waypoint", "Willow", "Zephyr",
];

/// The last words of companies' names.
#[rustfmt::skip]
pub(super) const COMPANY_KINDS: &[&str] = &[
    "Analytics", "Bank", "Consulting", "Design", "Energy", "Foods", "Freight", "GmbH", "Group",
    "Health", "Holdings", "Inc.", "Industries", "Insurance", "Interactive", "Labs", "Logistics",
    "Ltd.", "Media", "Partners", "Robotics", "Software", "Studio", "Supply", "Systems", "Textiles",
    "Travel", "Works",
];

/// Cities, each with its country and the country's code of ISO 3166-1.
#[rustfmt::skip]
pub(super) const CITIES: &[(&str, &str, &str)] = &[
    ("Accra", "Ghana", "GH"), ("Amsterdam", "Netherlands", "NL"), ("Athens", "Greece", "GR"),
    ("Auckland", "New Zealand", "NZ"), ("Bangkok", "Thailand", "TH"), ("Barcelona", "Spain", "ES"),
    ("Beirut", "Lebanon", "LB"), ("Belgrade", "Serbia", "RS"), ("Bengaluru", "India", "IN"),
    ("Berlin", "Germany", "DE"), ("Bogotá", "Colombia", "CO"), ("Boston", "United States", "US"),
    ("Brussels", "Belgium", "BE"), ("Bucharest", "Romania", "RO"), ("Budapest", "Hungary", "HU"),
    ("Buenos Aires", "Argentina", "AR"), ("Busan", "South Korea", "KR"), ("Cairo", "Egypt", "EG"),
    ("Cape Town", "South Africa", "ZA"), ("Casablanca", "Morocco", "MA"), ("Chennai", "India", "IN"),
    ("Chicago", "United States", "US"), ("Copenhagen", "Denmark", "DK"), ("Cork", "Ireland", "IE"),
    ("Dakar", "Senegal", "SN"), ("Dhaka", "Bangladesh", "BD"), ("Dubai", "United Arab Emirates", "AE"),
    ("Dublin", "Ireland", "IE"), ("Edinburgh", "United Kingdom", "GB"), ("Geneva", "Switzerland", "CH"),
    ("Guadalajara", "Mexico", "MX"), ("Hamburg", "Germany", "DE"), ("Hanoi", "Vietnam", "VN"),
    ("Helsinki", "Finland", "FI"), ("Istanbul", "Türkiye", "TR"), ("Jakarta", "Indonesia", "ID"),
    ("Karachi", "Pakistan", "PK"), ("Kyiv", "Ukraine", "UA"), ("Kraków", "Poland", "PL"),
    ("Kuala Lumpur", "Malaysia", "MY"), ("Kyoto", "Japan", "JP"), ("Lagos", "Nigeria", "NG"),
    ("Lima", "Peru", "PE"), ("Lisbon", "Portugal", "PT"), ("Ljubljana", "Slovenia", "SI"),
    ("London", "United Kingdom", "GB"), ("Lyon", "France", "FR"), ("Madrid", "Spain", "ES"),
    ("Manila", "Philippines", "PH"), ("Melbourne", "Australia", "AU"), ("Mexico City", "Mexico", "MX"),
    ("Milan", "Italy", "IT"), ("Montevideo", "Uruguay", "UY"), ("Montréal", "Canada", "CA"),
    ("Mumbai", "India", "IN"), ("Munich", "Germany", "DE"), ("Nairobi", "Kenya", "KE"),
    ("New York", "United States", "US"), ("Oslo", "Norway", "NO"), ("Ottawa", "Canada", "CA"),
    ("Paris", "France", "FR"), ("Porto", "Portugal", "PT"), ("Prague", "Czechia", "CZ"),
    ("Quito", "Ecuador", "EC"), ("Reykjavík", "Iceland", "IS"), ("Riga", "Latvia", "LV"),
    ("Rome", "Italy", "IT"), ("Rotterdam", "Netherlands", "NL"), ("San José", "Costa Rica", "CR"),
    ("Santiago", "Chile", "CL"), ("São Paulo", "Brazil", "BR"), ("Seattle", "United States", "US"),
    ("Seoul", "South Korea", "KR"), ("Singapore", "Singapore", "SG"), ("Sofia", "Bulgaria", "BG"),
    ("Stockholm", "Sweden", "SE"), ("Sydney", "Australia", "AU"), ("Taipei", "Taiwan", "TW"),
    ("Tallinn", "Estonia", "EE"), ("Tokyo", "Japan", "JP"), ("Toronto", "Canada", "CA"),
    ("Tunis", "Tunisia", "TN"), ("Vienna", "Austria", "AT"), ("Vilnius", "Lithuania", "LT"),
    ("Warsaw", "Poland", "PL"), ("Zagreb", "Croatia", "HR"), ("Zürich", "Switzerland", "CH"),
];

/// The names of streets.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "Abbey Road", "Acacia Avenue", "Bakery Lane", "Beech Street", "Bridge Street", "Canal Street",
    "Castle Road", "Cedar Avenue", "Chapel Lane", "Cherry Street", "Church Road", "College Street",
    "Copper Lane", "Court Street", "Dock Road", "Elm Street", "Factory Road", "Ferry Lane",
    "Forest Drive", "Garden Street", "Grove Avenue", "Harbor Street", "High Street", "Hill Road",
    "Hospital Road", "Juniper Way", "King Street", "Lake Drive", "Library Street", "Lime Avenue",
    "Long Lane", "Maple Street", "Market Square", "Meadow Lane", "Mill Road", "Museum Street",
    "North Street", "Oak Avenue", "Orchard Road", "Park Avenue", "Pine Street", "Poplar Road",
    "Queen Street", "Railway Street", "Ridge Road", "River Street", "Rose Lane", "School Street",
    "Spring Street", "Station Road", "Sunset Boulevard", "Tower Street", "University Avenue",
    "Valley Road", "Victoria Street", "Vine Street", "Walnut Street", "Water Lane", "West Street",
    "Willow Way", "Windmill Lane",
];

/// The levels of jobs; an empty one is none.
#[rustfmt::skip]
pub(super) const JOB_LEVELS: &[&str] = &[
    "", "", "", "Junior", "Senior", "Lead", "Head", "Assistant", "Principal", "Regional",
];

/// Jobs.
#[rustfmt::skip]
pub(super) const JOBS: &[&str] = &[
    "Account Manager", "Accountant", "Analyst", "Architect", "Auditor", "Buyer", "Consultant",
    "Controller", "Copywriter", "Data Engineer", "Designer", "Economist", "Editor", "Electrician",
    "Engineer", "Estimator", "Facilities Manager", "Nurse", "Office Manager", "Operations Manager",
    "Paralegal", "Pharmacist", "Planner", "Product Manager", "Project Manager", "Recruiter",
    "Researcher", "Sales Manager", "Scientist", "Software Developer", "Support Specialist",
    "Surveyor", "Teacher", "Technician", "Tester", "Translator", "Underwriter",
];

/// How products are.
#[rustfmt::skip]
pub(super) const PRODUCT_QUALITIES: &[&str] = &[
    "Adjustable", "Bamboo", "Ceramic", "Classic", "Compact", "Cordless", "Cotton", "Deluxe",
    "Durable", "Everyday", "Felt", "Folding", "Handmade", "Insulated", "Leather", "Linen", "Magnetic",
    "Modular", "Oak", "Organic", "Portable", "Recycled", "Rustic", "Slim", "Soft", "Solar", "Steel",
    "Stoneware", "Waterproof", "Wireless", "Wooden", "Woollen",
];

/// Products.
#[rustfmt::skip]
pub(super) const PRODUCTS: &[&str] = &[
    "Apron", "Backpack", "Basket", "Bicycle Bell", "Blanket", "Bookshelf", "Bottle", "Bowl", "Candle",
    "Chair", "Charger", "Clock", "Coat Rack", "Cushion", "Desk", "Doormat", "Earphones", "Flask",
    "Gloves", "Headphones", "Jacket", "Kettle", "Keyboard", "Knife", "Lamp", "Lunch Box", "Mirror",
    "Mug", "Notebook", "Pan", "Pencil Case", "Pillow", "Planter", "Plate", "Radio", "Rug", "Scarf",
    "Shelf", "Speaker", "Stool", "Suitcase", "Table", "Teapot", "Tent", "Towel", "Tray", "Umbrella",
    "Vase", "Wallet", "Watch",
];

/// Words of which sentences are made.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "able", "about", "account", "after", "again", "agenda", "almost", "along", "answer", "around",
    "arrow", "autumn", "balance", "basket", "before", "behind", "better", "between", "border",
    "bottle", "bridge", "bright", "budget", "button", "camera", "candle", "carbon", "castle", "center",
    "change", "circle", "clear", "cloud", "coffee", "common", "copper", "corner", "cotton", "county",
    "couple", "course", "credit", "custom", "daily", "decade", "demand", "detail", "dinner", "doctor",
    "double", "early", "editor", "effort", "engine", "enough", "evening", "every", "export", "fabric",
    "factor", "family", "figure", "filter", "finger", "flower", "follow", "forest", "formal", "friend",
    "future", "garden", "gather", "gentle", "global", "golden", "ground", "growth", "guide", "handle",
    "harbor", "height", "honest", "image", "impact", "income", "inside", "island", "jacket", "journey",
    "kitchen", "ladder", "later", "leader", "letter", "level", "light", "linear", "little", "local",
    "margin", "market", "matter", "meadow", "member", "method", "middle", "minute", "mirror", "modern",
    "moment", "morning", "mostly", "motion", "narrow", "nature", "nearby", "number", "object", "office",
    "orange", "order", "paper", "parcel", "people", "period", "phrase", "planet", "pocket", "policy",
    "quick", "quiet", "ready", "reason", "record", "region", "remote", "report", "result", "review",
    "river", "rocket", "sample", "season", "second", "secure", "shadow", "signal", "silver", "simple",
    "single", "smooth", "socket", "source", "spring", "square", "stable", "station", "stone", "street",
    "strong", "summer", "supply", "system", "table", "target", "ticket", "timber", "travel", "under",
    "update", "useful", "valley", "velvet", "volume", "walnut", "weekly", "window", "winter", "wonder",
    "yellow",
];

/// Domains for mail, which belong to nobody (RFC 2606).
pub(super) const MAIL_DOMAINS: &[&str] = &["example.com", "example.net", "example.org"];

/// A text in small letters of ASCII: letters with marks become their plain ones, and what is neither
/// letter nor digit is dropped.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|letter| match letter {
            'á' | 'ã' | 'ä' | 'å' | 'à' => Some('a'),
            'é' | 'è' | 'ë' | 'ê' => Some('e'),
            'í' | 'ï' | 'ı' => Some('i'),
            'ó' | 'ö' | 'ø' | 'ô' => Some('o'),
            'ú' | 'ü' => Some('u'),
            'ç' => Some('c'),
            'ñ' => Some('n'),
            'ş' | 'š' => Some('s'),
            'ł' => Some('l'),
            letter if letter.is_ascii_alphanumeric() => Some(letter),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_no_letter_in_plain_writing() {
        for name in FIRST_NAMES.iter().chain(LAST_NAMES).chain(COMPANY_NAMES) {
            let letters = name.chars().filter(|letter| letter.is_alphanumeric());
            assert_eq!(plain(name).chars().count(), letters.count(), "{name}");
        }
        assert_eq!(plain("Özdemir O'Brien"), "ozdemirobrien");
    }
}
