import pytest

from apps.catalog.duplicates import Named, compare
from apps.catalog.names import lead_key, read_artist, read_title, title_key


def verdict(one, other):
    """Of "title | artist | year" and the same, said in both orders."""
    one, other = named(one), named(other)
    there, back = compare(one, other), compare(other, one)
    assert there == back
    return there


def named(text):
    title, artist, *year = (part.strip() for part in text.split("|"))
    return Named(title, artist, int(year[0]) if year else None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # who is credited, and how
        ("Crazy in Love | Beyoncé Featuring Jay-Z", "Crazy In Love | Beyonce & Jay Z"),
        ("No Diggity | Blackstreet feat. Dr. Dre", "No Diggity | Dr. Dre and Blackstreet"),
        ("Walk This Way | Run-D.M.C. / Aerosmith", "Walk This Way | Run DMC ft. Aerosmith"),
        ("Islands in the Stream | Dolly Parton + Kenny Rogers", "Islands In The Stream | Kenny Rogers; Dolly Parton"),
        ("Señorita | Shawn Mendes x Camila Cabello", "Senorita | Camila Cabello with Shawn Mendes"),
        ("Numb/Encore | Jay-Z/Linkin Park", "Numb / Encore | Linkin Park vs. Jay Z"),
        ("Rich Girl | Daryl Hall John Oates", "Rich Girl | Hall, Daryl & Oates, John"),
        ("September | Earth, Wind & Fire", "September | Earth Wind and Fire"),
        ("Back In Black | AC/DC", "Back in Black | ACDC"),
        ("Umbrella [Ft. JAY-Z] | Rihanna", "Umbrella | Rihanna Featuring Jay Z"),
        ("Stay (feat. Mikky Ekko) | Rihanna", "Stay | Rihanna & Mikky Ekko"),
        ("Airplanes featuring Hayley Williams | B.o.B", "Airplanes | B.o.B & Hayley Williams"),
        ("Suddenly | Olivia Newton-John (Duet With Cliff Richard)", "Suddenly | Cliff Richard, Olivia Newton-John"),
        # the band, where it is its leader's
        ("Night Moves | Bob Seger", "Night Moves | Bob Seger & The Silver Bullet Band"),
        ("Rock Around the Clock | Bill Haley And His Comets | 1954", "Rock Around The Clock | Bill Haley | 1955"),
        ("Fly Like an Eagle | Steve Miller", "Fly Like An Eagle | The Steve Miller Band"),
        ("Purple Haze | The Jimi Hendrix Experience", "Purple Haze | Jimi Hendrix"),
        # a guest who is left out, in the same year
        ("Lean On | Major Lazer & DJ Snake Featuring MØ | 2015", "Lean On | Major Lazer | 2015"),
        ("Baby Love | Diana Ross & The Supremes | 1964", "Baby Love | The Supremes | 1964"),
        # names
        ("Sherry | The Four Seasons", "Sherry | 4 Seasons"),
        ("Love Will Keep Us Together | Captain and Tennille", "Love Will Keep Us Together | The Captain & Tennille"),
        ("2 Legit 2 Quit | M.C. Hammer", "2 Legit 2 Quit | MC Hammer"),
        ("Harper Valley P.T.A. | Jeannie C. Riley", "Harper Valley PTA | Jeannie Riley"),
        ("Save the Best for Last | Vanessa L. Williams", "Save The Best For Last | Vanessa Williams"),
        ("Tik Tok | Ke$ha", "TiK ToK | Kesha"),
        ("So What | P!nk", "So What | Pink"),
        ("Ace of Spades | Motörhead", "Ace Of Spades | Motorhead"),
        ("Push It | Salt-N-Pepa", "Push It | Salt 'n' Pepa"),
        ("Welcome to the Jungle | Guns N' Roses", "Welcome To The Jungle | Guns and Roses"),
        ("Mas Que Nada | Sérgio Mendes", "Más que nada | Sergio Mendes"),
        ("إنت عمري | أم كلثوم", "انت عمري | ام كلثوم"),
        # titles
        ("Satisfaction | The Rolling Stones", "(I Can't Get No) Satisfaction | Rolling Stones"),
        ("I Can't Get No Satisfaction | The Rolling Stones", "(I Can't Get No) Satisfaction | Rolling Stones"),
        ("Sweet Caroline | Neil Diamond", "Sweet Caroline (Good Times Never Seemed So Good) | Neil Diamond"),
        ("Rock 'n' Roll All Nite | KISS", "Rock and Roll All Night | Kiss"),
        ("Truckin' | Grateful Dead", "Trucking | The Grateful Dead"),
        ("W*O*L*D* | Harry Chapin", "WOLD | Harry Chapin"),
        ("Car Wash | Rose Royce", "Carwash | Rose Royce"),
        ("A Groovy Kind Of Love | Phil Collins", "Groovy Kind of Love | Phil Collins"),
        ("Best Is Yet To Come, The | Tony Bennett", "The Best Is Yet to Come | Tony Bennett"),
        ("Seven Nation Army | The White Stripes", "7 Nation Army | White Stripes"),
        ("U Got It Bad | Usher", "You Got It Bad | Usher"),
        ("Another Brick in the Wall, Pt. 2 | Pink Floyd", "Another Brick In The Wall (Part Two) | Pink Floyd"),
        ("Another Brick in the Wall Part II | Pink Floyd", "Another Brick In The Wall (Part 2) | Pink Floyd"),
        # the same recording, issued again
        ("Heroes - 2017 Remaster | David Bowie", "Heroes | David Bowie"),
        ("Dreams (Remastered 2004) | Fleetwood Mac", "Dreams | Fleetwood Mac"),
        ("Africa [Single Version] | Toto", "Africa – Radio Edit | Toto"),
        ('Cradle Of Love (From "Ford Fairlane") | Billy Idol', "Cradle of Love | Billy Idol"),
        ("Help! - Remastered 2009 | The Beatles", "Help! (Mono) | The Beatles"),
    ],
)  # fmt: skip
def test_one_song_under_two_names_is_the_same(one, other):
    assert verdict(one, other) == "same"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # covers
        ("Hallelujah | Leonard Cohen", "Hallelujah | Jeff Buckley"),
        ("Valerie | The Zutons", "Valerie | Mark Ronson Featuring Amy Winehouse"),
        ("All Along the Watchtower | Bob Dylan", "All Along The Watchtower | The Jimi Hendrix Experience"),
        ("Nothing Compares 2 U | Prince", "Nothing Compares 2 U | Sinéad O'Connor"),
        ("Smooth Criminal | Michael Jackson", "Smooth Criminal | Alien Ant Farm"),
        # one word in common
        ("Jump | Van Halen", "Jump | Kris Kross"),
        ("Hero | Mariah Carey", "Hero | Enrique Iglesias"),
        ("Forever | Pete Drake", "Forever | Drake Featuring Kanye West & Eminem"),
        ("Call Me | Chris Montez", "Call Me | Chris Brown"),
        ("Lady | Kenny Rogers", "Lady | Kenny Loggins"),
        ("Hello | Lionel Richie", "Hello | Adele"),
        ("Angel | The Jackson Sisters", "Angel | Janet Jackson"),
        ("Show Me Love | Robin S.", "Show Me Love | Robyn"),
        ("Power | Kanye West", "Power | Snap!"),
        ("Crazy | Patsy Cline", "Crazy | Gnarls Barkley"),
        # the same people, years apart, with somebody before them
        ("Forever Young | Alphaville | 1984", "Forever Young | David Guetta, Alphaville & Ava Max | 2025"),
        ("One | U2 | 1992", "One | Mary J. Blige And U2 | 2006"),
        # other songs of one artist
        ("Smokie - Part 1 | Bill Black's Combo", "Smokie Part 2 | Bill Black's Combo"),
        ("Chicago | Sufjan Stevens", "Illinois | Sufjan Stevens"),
        ("Summer of '69 | Bryan Adams", "Summer Of '68 | Bryan Adams"),
        ("7 Rings | Ariana Grande", "8 Rings | Ariana Grande"),
        ("Hey Jude | The Beatles", "Hey Bulldog | The Beatles"),
        ("Let It Be | The Beatles", "Let It Bleed | The Rolling Stones"),
        ("Yesterday | The Beatles", "Yesterday Once More | Carpenters"),
        ("إنت عمري | أم كلثوم", "ألف ليلة وليلة | أم كلثوم"),
    ],
)  # fmt: skip
def test_two_songs_are_different(one, other):
    assert verdict(one, other) == "different"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # versions
        ("Lola | The Kinks", "Lola (live) | The Kinks"),
        ("Creep - Live at Glastonbury | Radiohead", "Creep | Radiohead"),
        ("Layla (Unplugged) | Eric Clapton", "Layla | Eric Clapton"),
        ("Cold Heart (PNAU Remix) | Elton John & Dua Lipa", "Cold Heart | Elton John & Dua Lipa"),
        ("All Too Well (Taylor's Version) | Taylor Swift", "All Too Well | Taylor Swift"),
        ("All Too Well (10 Minute Version) | Taylor Swift", "All Too Well (Taylor's Version) | Taylor Swift"),
        ("Oh Well (Part 1) | Fleetwood Mac", "Oh Well | Fleetwood Mac"),
        ("Sgt. Pepper (Reprise) | The Beatles", "Sgt. Pepper | The Beatles"),
        ("Do They Know It's Christmas? (2014) | Band Aid", "Do They Know It's Christmas? | Band Aid"),
        # slips of the pen
        ("Bohemian Rapsody | Queen", "Bohemian Rhapsody | Queen"),
        ("Hotel Califronia | Eagles", "Hotel California | The Eagles"),
        ("Stairway to Heven | Led Zeppelin", "Stairway to Heaven | Led Zepelin"),
        ("Firework | Kate Perry", "Firework | Katy Perry"),
        ("Telstar | The Tornadoes", "Telstar | The Tornados"),
        # a name, and a longer one
        ("ABC | Jackson 5", "ABC | The Jacksons"),
        ("The Loco-Motion | Grand Funk", "Locomotion | Grand Funk Railroad"),
        ("My Boy Lollipop | Millie", "My Boy Lollipop | Millie Small"),
        # guests and bands of whom nothing says that it is the same recording
        ("Tonight | David Bowie | 1984", "Tonight | David Bowie & Tina Turner | 1988"),
        ("Despacito | Luis Fonsi & Daddy Yankee", "Despacito | Luis Fonsi & Daddy Yankee Featuring Justin Bieber"),
        ("Living Doll | Cliff Richard | 1959", "Living Doll | Cliff Richard & The Young Ones | 1986"),
        ("One | U2", "One | Mary J. Blige And U2"),
        ("Under Pressure | Queen", "Under Pressure | David Bowie & Queen"),
        # what is said beside the title differs
        ("Intro | Meek Mill | 2018", "Intro (Hate On Me) | Meek Mill | 2021"),
        ("Milestones (New) | Miles Davis", "Milestones (Old) | Miles Davis"),
    ],
)  # fmt: skip
def test_what_may_be_one_is_for_a_person_to_say(one, other):
    assert verdict(one, other) == "ask"


@pytest.mark.parametrize(
    "text", ["?", "!!!", "(…)", "()", "The The", "A", "The", "x", "feat. X", "- Live", "[Ft.]", "🎶", "1999", "N"]
)
def test_whatever_stands_there_is_the_same_as_itself(text):
    assert compare(Named(text, text), Named(text, text)) == "same"
    assert title_key(text)
    assert len(lead_key(text, text)) > 2


def test_a_title_is_taken_apart():
    title = read_title("Paradise (What About Us?) [feat. Tarja Turunen] - Live at Wacken")

    assert (title.core, title.full) == ("paradise", "paradisewhataboutus")
    assert (title.versions, title.guests) == ({"liveatwacken"}, "tarja turunen")


def test_words_of_a_title_are_no_notes():
    assert title_key("Live and Let Die") == "liveandletdie"
    assert title_key("With or Without You") == "withorwithoutyou"
    assert read_title("Cry No More").part == ""
    assert title_key("Part of Me") == "partofme"


def test_all_who_are_credited_have_a_name():
    acts = read_artist("Tom Petty And The Heartbreakers feat. Stevie Nicks").acts

    assert [(act.name, act.backing) for act in acts] == [
        ("tompetty", False),
        ("heartbreakers", True),
        ("stevienicks", False),
    ]
