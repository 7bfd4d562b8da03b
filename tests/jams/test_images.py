"""Background images: decoded and written anew, whatever the file says of itself."""

import io
import re
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.core.errors import Invalid
from apps.jams.images import remade, sizes_of
from apps.jams.models import Jam
from apps.jams.operations import change_jam, create_jam, duplicate_jam
from tests.factories import make_jam, make_user, make_venue

GPS, ORIENTATION, SECRET = 0x8825, 0x0112, "51.4545 N 2.5879 W"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(kind="JPEG", size=(64, 32), name="photo.jpg", **options):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return SimpleUploadedFile(name, out.getvalue())


def with_exif():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned by a quarter
    exif[0x010E] = SECRET
    return picture(exif=exif)


def png_that_says(width, height):
    """A PNG of a few bytes whose header promises many pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return SimpleUploadedFile("bomb.png", b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_become_webp_under_a_name_of_ours(kind):
    file = remade(picture(kind, name="../../etc/passwd.html"))

    assert Image.open(file).format == "WEBP"
    assert "passwd" not in file.name
    assert file.name.endswith(".webp")


def test_what_came_along_in_the_file_is_gone_and_the_picture_is_upright():
    upload = with_exif()
    assert SECRET.encode() in upload.read()

    file = remade(upload)

    assert SECRET.encode() not in file.read()
    image = Image.open(file)
    assert image.size == (32, 64)
    assert not image.getexif()


def test_a_large_picture_is_made_smaller():
    assert Image.open(remade(picture(size=(4000, 3000)))).size == (1440, 1080)


def test_transparency_is_no_problem():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")

    assert Image.open(remade(SimpleUploadedFile("a.png", out.getvalue()))).mode == "RGB"


NOT_PICTURES = {
    "a PDF": SimpleUploadedFile("photo.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "image/jpeg"),
    "a page": SimpleUploadedFile("photo.jpg", b"<script>alert(1)</script>", "image/jpeg"),
    "an SVG": SimpleUploadedFile("photo.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/jpeg"),
    "nothing": SimpleUploadedFile("photo.jpg", b"", "image/jpeg"),
    "a GIF, which is not taken": picture("GIF"),
    "half a JPEG": SimpleUploadedFile("photo.jpg", picture(size=(500, 500)).read()[:900]),
    "half a PNG": SimpleUploadedFile("photo.png", picture("PNG", size=(500, 500)).read()[:200]),
    "a JPEG's beginning": SimpleUploadedFile("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 500),
    "a bomb": png_that_says(50_000, 50_000),
    "a smaller bomb": png_that_says(10_000, 10_000),
    "a picture without height": png_that_says(10, 0),
}


@pytest.mark.parametrize("what", NOT_PICTURES)
def test_what_is_not_a_picture_we_take_is_refused(what):
    with pytest.raises(Invalid) as refused:
        remade(NOT_PICTURES[what])

    assert list(refused.value.fields) == ["background"]


def test_too_large_a_file_is_refused_before_it_is_read(settings):
    upload = picture()
    settings.MAX_IMAGE_BYTES = upload.size - 1

    with pytest.raises(Invalid) as refused:
        remade(upload)

    assert "too large" in str(refused.value.fields)
    assert upload.tell() == 0


def test_too_many_pixels_are_refused(settings):
    settings.MAX_IMAGE_PIXELS = 64 * 32 - 1

    with pytest.raises(Invalid):
        remade(picture())


# Of a jam ---------------------------------------------------------------------------------------------


def new_jam(host, **fields):
    times = make_jam()
    return create_jam(
        venue=make_venue(manager=host),
        host=host,
        name="Jam",
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        **fields,
    )


@pytest.mark.django_db
def test_a_new_jams_picture_is_remade():
    jam = new_jam(make_user(), background=with_exif())

    stored = Jam.objects.get(pk=jam.pk).background
    assert stored.name.startswith("jams/")
    assert Image.open(stored).format == "WEBP"
    assert SECRET.encode() not in stored.open().read()


@pytest.mark.django_db
def test_a_new_jam_with_a_file_that_is_no_picture_is_not_made(tmp_path):
    with pytest.raises(Invalid):
        new_jam(make_user(), background=SimpleUploadedFile("x.html", b"<script>alert(1)</script>"))

    assert not Jam.objects.filter(name="Jam").exists()
    assert not list(tmp_path.rglob("*.*"))


@pytest.mark.django_db
def test_a_jams_picture_changes_goes_and_stays():
    host = make_user()
    jam = new_jam(host)

    change_jam(jam=jam, host=host, background=picture("PNG"))
    first = jam.background.name
    change_jam(jam=jam, host=host, name="Other")
    assert jam.background.name == first
    change_jam(jam=jam, host=host, background=picture("PNG"))
    assert jam.background.name != first
    change_jam(jam=jam, host=host, background="")

    assert not jam.background
    assert not Jam.objects.get(pk=jam.pk).background


@pytest.mark.django_db
def test_a_duplicate_shows_the_same_picture():
    host = make_user()
    jam = new_jam(host, background=picture())

    again = duplicate_jam(jam=jam, host=host, starts_at=jam.starts_at)

    assert again.background.name == jam.background.name


# In several sizes ---------------------------------------------------------------------------------------


def files(folder):
    return sorted(path.name.rpartition("-")[2] for path in folder.rglob("*.webp"))


@pytest.mark.django_db
def test_a_picture_is_kept_in_several_widths_and_never_larger_than_it_was(tmp_path):
    host = make_user()
    jam = new_jam(host, background=picture(size=(1200, 800)))

    assert files(tmp_path) == ["1200x800.webp", "480.webp", "960.webp"]
    for size in sizes_of(jam.background.name):
        with Image.open(tmp_path / size.name) as image:
            assert image.size == (size.width, size.height)


@pytest.mark.parametrize(
    ("size", "widths"),
    [((64, 32), [64]), ((480, 300), [480]), ((481, 1), [480, 481]), ((4000, 2250), [480, 960, 1600, 1920])],
)
def test_how_many_there_are_follows_from_its_width(size, widths):
    file = remade(picture(size=size))

    assert [one.width for one in sizes_of(f"jams/{file.name}")] == widths


def test_a_name_from_before_tells_of_no_sizes():
    assert sizes_of("jams/0123456789abcdef.webp") == []


@pytest.mark.django_db
def test_all_sizes_go_with_the_picture_unless_another_jam_shows_it(tmp_path, django_capture_on_commit_callbacks):
    host = make_user()
    jam = new_jam(host, background=picture(size=(1000, 500)))
    again = duplicate_jam(jam=jam, host=host, starts_at=jam.starts_at)

    with django_capture_on_commit_callbacks(execute=True):
        change_jam(jam=jam, host=host, background="")
    assert len(files(tmp_path)) == 3
    with django_capture_on_commit_callbacks(execute=True):
        change_jam(jam=again, host=host, background=picture(size=(100, 50)))

    assert files(tmp_path) == ["100x50.webp"]


@pytest.mark.django_db
def test_a_jam_that_is_refused_leaves_no_files(tmp_path):
    with pytest.raises(Invalid):
        new_jam(make_user(), background=picture(size=(1000, 500)), max_votes=0)

    assert files(tmp_path) == []


@pytest.mark.django_db
def test_the_door_shows_the_size_that_fits(client, django_assert_num_queries):
    jam = new_jam(make_user(), background=picture(size=(1000, 500)))
    Jam.objects.filter(pk=jam.pk).update(status="open")

    page = client.get(f"/j/{jam.code}").content.decode()

    stem = jam.background.url.removesuffix("1000x500.webp")
    assert f'srcset="{stem}480.webp 480w, {stem}960.webp 960w, {stem}1000x500.webp 1000w"' in page
    assert 'width="1000" height="500"' in page


@pytest.mark.django_db
def test_the_host_hears_what_became_of_the_bytes(client):
    host = make_user()
    venue = make_venue(manager=host)
    client.force_login(host)
    form = {"venue": venue.pk, "name": "Night", "starts_at": "2026-12-01T20:00", "ends_at": "2026-12-01T23:00",
            "max_suggestions": "3", "max_sign_ups": "3", "counts": "live", "counts_top": "3"}  # fmt: skip
    noise = Image.effect_noise((1000, 500), 50).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")

    answer = client.post(
        "/jams/new", form | {"background": SimpleUploadedFile("a.png", out.getvalue())},
        headers={"Sec-Fetch-Site": "same-origin"}, follow=True,
    )  # fmt: skip

    said = answer.content.decode()
    assert re.search(r"The image had [\d.]+.[KM]B; a phone loads [\d.]+.KB of it, a large screen", said)
