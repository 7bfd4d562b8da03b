"""What the demo is made of: who logs in, where, which nights, which songs, who is in the room.

`apps.voting.demo` brings it to life by way of the operations that everybody else uses.
"""

from typing import Any, NamedTuple

DEMO_EMAIL = "host@jamvote.example"
STAFF_EMAIL = "staff@jamvote.example"
DEMO_PASSWORD = "tonight-we-play"  # noqa: S105 — everybody may know it: such accounts are made for the demo only

VENUES: tuple[dict[str, Any], ...] = (
    {
        "name": "The Copper Room",
        "address": "31 Old Market Street",
        "town": "Bristol",
        "accent": "#c8763a",
        "capacity": 2000,  # a simulated crowd joins without the room code
        "description": "A long bar, a low stage and a piano that is nearly in tune. House drums, bass amp and two "
        "guitar amps are there; bring your own sticks and cables. Doors at seven, first song at eight.",
    },
    {
        "name": "Blue Door Cellar",
        "address": "8 Assembly Yard",
        "town": "Leeds",
        "accent": "#3f7fd0",
        "capacity": 80,
        "description": "Down the steps behind the blue door: eighty seats, candlelight and a house trio that knows "
        "the changes. Acoustic evenings on Wednesdays, soul and funk at the weekend.",
    },
    {
        "name": "The Anchor",
        "address": "112 Kelham Wharf",
        "town": "Sheffield",
        "accent": "#1f9d8b",
        "description": "A pub with a back room, a proper PA and a kitchen that stays open until ten. Whoever plays "
        "gets a half on the house.",
    },
)


class Night(NamedTuple):
    """`days` from tonight at `hour` in the venue's zone; without an hour it has been running for an hour."""

    name: str  # {weekday} is filled in
    venue: str
    days: int
    hour: int | None
    status: str
    line_up: str
    people: int = 0
    votes: int = 0  # that a person casts, about
    played: int = 0
    queued: int = 0
    approved: int = 0  # suggestions that the host has taken in
    pending: int = 0
    description: str = ""
    settings: dict[str, Any] = {}


# The order of a line-up is how well its songs are liked.
TONIGHT = """
Superstition; Stevie Wonder
Valerie; Amy Winehouse
Mr. Brightside; The Killers
Come Together; The Beatles
Mustang Sally; Wilson Pickett
Zombie; The Cranberries
Jolene; Dolly Parton
Hey Joe; The Jimi Hendrix Experience
I Will Survive; Gloria Gaynor
Don’t Look Back in Anger; Oasis
Dreams; Fleetwood Mac
Purple Rain; Prince
Proud Mary; Creedence Clearwater Revival
Uptown Funk; Mark Ronson
Fast Car; Tracy Chapman
Take On Me; a-ha
Feeling Good; Nina Simone
Seven Nation Army; The White Stripes
No Woman, No Cry; Bob Marley & the Wailers
Africa; Toto
Ain’t No Sunshine; Bill Withers
Bésame mucho; Los Panchos
Take Five; The Dave Brubeck Quartet
Cissy Strut; The Meters
"""
LAST_WEEK = """
Sweet Child o’ Mine; Guns N’ Roses
Don’t Stop Believin’; Journey
Wonderwall; Oasis
Billie Jean; Michael Jackson
Dancing Queen; ABBA
Brown Eyed Girl; Van Morrison
Valerie; Amy Winehouse
Sultans of Swing; Dire Straits
Bohemian Rhapsody; Queen
Creep; Radiohead
Ring of Fire; Johnny Cash
The Chain; Fleetwood Mac
Should I Stay or Should I Go; The Clash
Hallelujah; Leonard Cohen
Johnny B. Goode; Chuck Berry
Hit the Road Jack; Ray Charles
La Bamba; Ritchie Valens
Oye Como Va; Santana
"""
SOUL = """
Superstition; Stevie Wonder
Signed, Sealed, Delivered I’m Yours; Stevie Wonder
I Want You Back; The Jackson 5
Play That Funky Music; Wild Cherry
Respect; Aretha Franklin
Lovely Day; Bill Withers
Get Up (I Feel Like Being a) Sex Machine; James Brown
Let’s Get It On; Marvin Gaye
September; Earth, Wind & Fire
Stand by Me; Ben E. King
Brick House; Commodores
Knock on Wood; Eddie Floyd
Pick Up the Pieces; Average White Band
Chameleon; Herbie Hancock
"""
BLUES = """
The Thrill Is Gone; B.B. King
Hoochie Coochie Man; Muddy Waters
Pride and Joy; Stevie Ray Vaughan and Double Trouble
Sweet Home Chicago; The Blues Brothers
Before You Accuse Me; Eric Clapton
Folsom Prison Blues; Johnny Cash
Red House; The Jimi Hendrix Experience
Stormy Monday; The Allman Brothers Band
Green Onions; Booker T. & the M.G.’s
La Grange; ZZ Top
C Jam Blues; Duke Ellington
"""
ACOUSTIC = """
Fast Car; Tracy Chapman
Landslide; Fleetwood Mac
Blackbird; The Beatles
Wish You Were Here; Pink Floyd
Fix You; Coldplay
The Sound of Silence; Simon & Garfunkel
Redemption Song; Bob Marley & the Wailers
Riptide; Vance Joy
Moondance; Van Morrison
La Vie en rose; Édith Piaf
Tears in Heaven; Eric Clapton
Ho Hey; The Lumineers
Chan Chan; Buena Vista Social Club
"""

NIGHTS = (
    Night("Blues & Roots", "The Anchor", -12, 20, "ended", BLUES, people=24, votes=4, played=9),
    Night("{weekday} Jam", "The Copper Room", -7, 20, "ended", LAST_WEEK, people=48, votes=6, played=15, approved=1),
    Night("Soul & Funk Night", "Blue Door Cellar", -5, 20, "ended", SOUL, people=37, votes=5, played=13),
    Night(
        "{weekday} Jam", "The Copper Room", 0, None, "live", TONIGHT,
        people=62, votes=8, played=6, queued=3, approved=2, pending=3,
        description="The weekly open stage. Vote for what you want to hear; whoever can play it, plays it.",
        settings={"approve_suggestions": True},
    ),
    Night(
        "Acoustic Evening", "Blue Door Cellar", 6, 19, "open", ACOUSTIC, people=15, votes=4,
        description="No drums, no pedals, two microphones. Voting is open until the first song.",
    ),
    Night("Open Mic Special", "The Anchor", 16, 20, "draft", BLUES, settings={"max_votes": 5}),
)  # fmt: skip

# What people in the room suggest beyond the line-up.
WISHES = (
    "Killing Me Softly; Roberta Flack",
    "Sir Duke; Stevie Wonder",
    "99 Luftballons; Nena",
    "What’s Up?; 4 Non Blondes",
    "Tu vuò fà l’americano; Renato Carosone",
    "Hurt; Johnny Cash",
)

NAMES = """
Maya, Tom B, Priya, DJ Oats, Åsa, Kwame, Zoë, José, Siân, Big Dave, Łukasz, Nadia, Old Pete, Yuki 🎷, Femi,
Rosa & Jen, Юля, Callum, Table 9, Aoife, Marek, Imogen, Tariq, the bassist, Chloé, Ollie, Gran, Bex, Noor, Sanjay,
Freya, Mo, Hannah W, Hannah T, Kit, Dimitris, 美咲, Ailsa, Jonno, Carlos, Lottie, Ravi, Éabha, Sunny, Will,
Grace, नेहा, Eddie Two Hats, Sofía, Luca, Wren, Ibrahim, Katya, Finn, Mrs Robinson, Amara, Joel, Birgit, Theo,
Dani, Moss, Esther, Rhys, Leïla, Baz, Poppy, Jun, Marta, Stan, Olu, Ingrid, Vic, Tamsin, Harpreet, Gus, Elif,
Nico, Beth, Anouk, Sergei, Lil’ Jo, Martín, Agnes, Dev, Ciara, Petra, Hugo, Shona, Pádraig, Wes, Mina, Abdi,
Cleo, Roisin, Jasper, Tilda, Kofi, Bea, Marlon, Sadia, Arlo, Greta
"""
PEOPLE = tuple(name.strip() for name in NAMES.split(","))
