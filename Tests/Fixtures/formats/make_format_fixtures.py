"""Small data files as NumPy, scikit-learn and gzip write them, for the readers' tests.

usage: make_format_fixtures.py [FOLDER]      (needs numpy, scikit-learn, h5py; the same versions give the same bytes)

All hold the same table where their types allow it: row r, column c is 10 r + c, minus 7 where the type has a sign;
row r has class r % 3.
"""
import gzip, io, struct, sys, zipfile
import numpy as np, h5py
from sklearn.datasets import dump_svmlight_file

folder = sys.argv[1] if len(sys.argv) > 1 else "."
rows, columns = 12, 4
table = 10.0 * np.arange(rows)[:, None] + np.arange(columns)
labels = np.arange(rows) % 3

def typed(code):
    t = np.dtype(code)
    if t.kind == "b": return table.astype(int) % 2 == 1
    return (table if t.kind == "u" else table - 7).astype(t)

# Every number type NumPy has, both byte orders, both memory orders.
codes = ["?"] + [o + k for k in ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"] for o in "<>"] + ["i1", "u1"]
arrays = {}
for code in codes:
    name = code.replace("<", "le_").replace(">", "be_").replace("?", "bool")
    arrays[name] = typed(code)
    arrays[name + "_columns"] = np.asfortranarray(typed(code))
arrays["x"] = typed("<f4")
arrays["y"] = labels
arrays["images"] = (table - 7).reshape(rows, 2, 2)
arrays["images_columns"] = np.asfortranarray((table - 7).reshape(rows, 2, 2))
arrays["values"] = (table - 7)[:, :2] / 4
arrays["single"] = table[:, 0]
arrays["large"] = np.array([2**63 + 1] * rows, dtype=np.uint64)
arrays["short"] = labels[:5]
arrays["empty"] = np.zeros((0, 3))
arrays["scalar"] = np.array(3.0)
arrays["gaps"] = np.where(table == 31, np.nan, table)
arrays["strings"] = np.array([str(l) for l in labels])
arrays["complex"] = table.astype(complex)
arrays["records"] = np.zeros(rows, dtype=[("a", "<f4"), ("b", "<i4")])
arrays["objects"] = np.array([{"a": 1}] * rows, dtype=object)
np.savez(f"{folder}/stored.npz", **arrays)
np.savez_compressed(f"{folder}/deflated.npz", **{k: arrays[k] for k in ["x", "y", "images", "images_columns", "values"]})

# Versions 2 and 3 of the array's head, as NumPy writes them when it must.
with zipfile.ZipFile(f"{folder}/versions.npz", "w") as archive:
    for version in [(1, 0), (2, 0), (3, 0)]:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, table - 7, version=version)
        archive.writestr(zipfile.ZipInfo(f"v{version[0]}.npy"), buffer.getvalue())

def idx(array, code):
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()

def write(name, data):
    with open(f"{folder}/{name}", "wb") as f: f.write(data)

images = table.astype(np.uint8).reshape(rows, 2, 2)
write("images-idx3-ubyte", idx(images, 0x08))
write("labels-idx1-ubyte", idx(labels.astype(np.uint8), 0x08))
write("images-idx3-ubyte.gz", gzip.compress(idx(images, 0x08), mtime=0))
write("labels-idx1-ubyte.gz", gzip.compress(idx(labels.astype(np.uint8), 0x08), mtime=0))
data = idx(images, 0x08)
write("members-idx3-ubyte.gz", gzip.compress(data[:20], mtime=0) + gzip.compress(data[20:], mtime=0))
for code, dtype in [(0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")]:
    write(f"{dtype}.idx", idx(typed("=" + dtype), code))

sparse = np.where((np.arange(rows)[:, None] + np.arange(columns)) % 2 == 0, table - 7, 0)
dump_svmlight_file(sparse, labels, f"{folder}/one.libsvm", zero_based=False, comment="indices from 1")
dump_svmlight_file(sparse, labels, f"{folder}/zero.libsvm", zero_based=True, query_id=labels)
dump_svmlight_file(sparse, np.where(labels == 0, -1, 1), f"{folder}/signs.libsvm", zero_based=False)
dump_svmlight_file(sparse, labels + 0.25, f"{folder}/values.libsvm", zero_based=False)

# What h5py makes: chunks, compression, other types, names of classes.
with h5py.File(f"{folder}/chunked.h5", "w", track_order=False) as f:
    f.create_dataset("data/x", data=(table - 7).astype(">f8"), chunks=(5, 3), compression="gzip", shuffle=True)
    y = f.create_dataset("data/y", data=labels.astype("u1"), chunks=(7,))
    y.attrs["classes"] = ["a", "b", "c"]
