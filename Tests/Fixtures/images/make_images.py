#!/usr/bin/env python3
"""Makes the images of this folder and what Pillow reads in them. Needs Pillow 11 and NumPy.

usage: make_images.py [FOLDER]

Every PNG has `NAME.rgb`: height, width (16 bits each, big-endian), then red, green, blue of each pixel as Pillow gives them,
what is transparent laid on black. `resized.txt` holds checksums (CRC-32) of what `Image.resize(size, BILINEAR)` makes of
`colors.png`. The JPEG files show four colours, a quarter each.
"""
import struct, sys, zlib
import numpy as np
from PIL import Image

folder = sys.argv[1] if len(sys.argv) > 1 else "."
draw = np.random.default_rng(7)


def on_black(image):
    pixels = np.asarray(image.convert("RGBA")).astype(np.uint32)
    return ((pixels[..., :3] * pixels[..., 3:] + 127) // 255).astype(np.uint8)


def save(name, image, rgb=None, **options):
    image.save(f"{folder}/{name}.png", **options)
    rgb = on_black(Image.open(f"{folder}/{name}.png")) if rgb is None else rgb
    with open(f"{folder}/{name}.rgb", "wb") as file:
        file.write(struct.pack(">HH", *rgb.shape[:2]) + rgb.tobytes())


colors = Image.fromarray(draw.integers(0, 256, (13, 17, 3), dtype=np.uint8))
save("colors", colors)
save("opacity", Image.fromarray(draw.integers(0, 256, (7, 5, 4), dtype=np.uint8)))
save("gray", colors.convert("L"))
save("gray-opacity", colors.convert("LA"))
save("bits", colors.convert("1"))
palette = colors.quantize(9)
save("palette", palette)
save("palette-opacity", palette, transparency=bytes([0, 128, 255]))
wide = draw.integers(0, 65536, (6, 9), dtype=np.uint16)
save("gray16", Image.fromarray(wide), rgb=np.repeat((wide >> 8).astype(np.uint8)[..., None], 3, axis=2))

with open(f"{folder}/resized.txt", "w") as file:
    for height, width in [(13, 17), (4, 5), (26, 3), (1, 1), (30, 40), (13, 8), (6, 17)]:
        made = colors.resize((width, height), Image.BILINEAR)
        file.write(f"{height} {width} {zlib.crc32(made.tobytes()):08x}\n")

# A picture of four colours, turned so that it is to be seen as it was.
scene = np.zeros((16, 24, 3), np.uint8)
scene[:8, :12], scene[:8, 12:], scene[8:, :12], scene[8:, 12:] = (200, 30, 30), (30, 200, 30), (30, 30, 200), (220, 220, 220)
seen = Image.fromarray(scene)
turns = {1: None, 3: Image.ROTATE_180, 6: Image.ROTATE_90, 8: Image.ROTATE_270, 2: Image.FLIP_LEFT_RIGHT, 5: Image.TRANSPOSE}
for orientation, turn in turns.items():
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = seen if turn is None else seen.transpose(turn)
    stored.save(f"{folder}/turned-{orientation}.jpg", quality=95, subsampling=0, exif=exif)
seen.save(f"{folder}/progressive.jpg", quality=95, progressive=True)
seen.convert("L").save(f"{folder}/gray.jpg", quality=95)
seen.convert("CMYK").save(f"{folder}/print.jpg", quality=95)
