import { gunzipSync } from 'node:zlib';

// Files that no library in JavaScript writes, made by pyarrow 26.0 and h5py 3.16; gzip and base64 of their bytes.
const unpacked = (text: string): Buffer => gunzipSync(Buffer.from(text.replaceAll('\n', ''), 'base64'));

/** 200 rows: q = i / 4, s = "genesis" as a dictionary, t = 2026-01-31T12:00:00.25; buffers in LZ4 frames. */
export const featherLz4 = unpacked(`
H4sIAAAAAAACA91VO2/TUBQ+sV3HiqxiagMuhNYktIRnKc/yjMOzSFRUXWDsUvEYkFAYGCMmBiQYGRlYkRgZMzIy8AM6MjIwdEAq
37k+Tp2jpmbmRl++fOe79/jc6/i4s7Ly4OE80SbGBhEFxKNGPrk0Rh5+YVQcckBvMYfZBj4BKcD6FeKYVOO1kcTMMuAl8Mz4FnLH
yOhSFdkDzMyuVRmLJFddre0CHj4c5W/faB+oGs3TEuNm9XHOPD8ryW8zxyr3C8zjua6JWGb/X6V+MteK5QR8k40sx+RIaWsUawvM
mjrYGax5JHuK5Jr5yOu1afSYFk6EpwpeReXLapHcjaV4NX0N2WNZzf3qsA/Ze7z2fK37tJvF8/s/cv+2Y/byoVC03u+bwn6/bbNf
d4f9tiVvqg4l1zOinyg/13OFmK2uT/+gU3fofFrIMYlDbnxv76Jw3aPwJ/AL+A1sAH88alC6QKEF4QAu4AE1wAfGgQDYDUwAIRAB
e4C9wD4gBiaB/cABoA4cBKaAaY8mEnDPoyYdCshmbgg3hQ8LzwjPCh8RbgkfFT4mfFz4hPBJ4VPCc4YbdDqgMM2KCPtszCdsbOkz
Sp9V+pzS55W+oPRFpReUvqT0ZaWvKH1V6WtKX1e6PaRxhxMK+S7wIayK8TEz+W/RpE5qFoz0b5T4N0v8WyX+7RL/Tol/t8Rf3Nb/
0l/MOuG6cGIPPT/jpoVVuK3Ulnd4zrilvntPSz8+3+N+vGnG7LKRg75Eg/4ama7Nbw9fOst9fLekt3NP9KxCk1T9yvgS7+f1FGr7
n99vKYId867/Cxgw24byBwAA`);

/** The same, in zstd. */
export const featherZstd = unpacked(`
H4sIAAAAAAACA3MMCvIPN2Rg+A8EPxgYGAQYQICLgYeBjYGVgQPIAgJGFgYWINUDVAOimYF4CRA7ADGIXwEUByriAukVgYqBtQFx
CRBngeWZgGZLAE1kY2AHmi4AVAmxi5FVBGqWDJreYiDmAEKQKIjkAfN5gJgdzAcpUwDLQtwHMhNmPogHNZ8ZREugmV0IVAdSywYW
YQL7/wDU/QxguySgIcADNo2BiQVshgUDAiC7TQCsRw5Is8D1JACxCtRuRgZkwAb2AxvUOcwMuIEklFaA0hJIcowY5jLAwoVBY6v+
XwUORwiHHSHPjizPbsnAkJ6al1qcWQzyP8gwnP5nZgHHTwSShej+nYDk3xN4/MuGx788UPMF0DwG40tD+QZo8jC+IpIYM4Y7CPMd
2BDhk+DAepWd4dJ5Pa0A8xSLht2luT2hvDNnzhQ2Tk5Ke1YSErogKzIUAt6cOXNmzdql6zRfR/5fv1zwatD51YJXhUDEpXNAYhKI
CAIRQiDi0lmQGIi4pBdebDnr9NkYv2dFhtObd945/TRG73qR5bTTa2P8nhZpTnfeeefkU5+0kyozlYNT2nwm/DS0TTv+ZIZ0cHKa
T0+l4WRX1qMtLixHmp2ZDzc5MR1qdGQ82ODAcEBOiIvpV+T1HzUNx1YInLB7cF1A6IQ58+Ln4jG3ua99AFHZ4S8MwvtE8lrZPy69
EFj6xe/FXBA8YT1x99tNi914NUzBSU+BGSk8FJh8wSmdkUFau4EVW3jVAkUmMPheWevJBlRl+k4/Bhqu4PQFzyci4BQBKgXAaQuY
hnxAZkDzKCgqOZig6Rkar8jpjhFJHBZ/yPlyOJdTDkBBR3CZDQC5tZeEugUAAA==`);

/** `big`, 0 to 5 as big-endian float32 of shape 2 x 3; `s`, the texts a and b of variable length. */
export const bigEndianHdf5 = unpacked(`
H4sIAAAAAAACA+2Uv04DMQzG7VxPiioh2qmFhWNjZOzGIXrQAVEEDIzQBTGzdIOxvAUjj8HIW5Xk7IiLhw4sIPH9hnMc++L8+ZLX
2fR0q7/bp4j31KMBdVkrk3Hup/idWla7UvvuUj+3Mf2dhjq+zbu5apqYvTakOoc9sfnswH9h1hxfRnurftLTp8vzFo8PrX0yuqx/
WJeplDE4+QdinXSk8oVa6xdhpjFzuL9HIuGKRp5Gzxovybdx52RArysrODSzlSaWv3oO1xfzKYdV6uSoKjbnp/u6LKHhzbqSc2bO
deWMjnZCfKD7Kpne6IiMjsZ6VJWZwQqHAFqOXuR9rMOnju030dbEf2uw68f22cn8nDsXnM17uzD6Tf33pvbHNvYfAAAAAAAAAAD4
q3wBuuql1zgYAAA=`);

/** `v`, a virtual dataset over the dataset d of /etc/passwd. */
export const virtualHdf5 = unpacked(`
H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoYJND4UJAApRmhdAeUXsEEE2cEy0G1MwhCzUdXFxLk6gpS/R8NwOwxYIHQ
HAyjYCQCD1fHABAdAeXDUukJJlR1ZWjp0YNCexkZ2CBmMcL4kJTMyMiIkh5hNDNQHiQjqGAPFXNgMOFmMPnPDJFnBYqC5JmYmRgh
+iA+YWGGGQExVwjKBfEWsnNnMzA0DIp4CPbzdwHlaJh/FZhH0+YoGAVDFbg7+/swIhWosHLTmwGtINVPLUnWL0gsLi5PYUhhYEaS
AQEmJL4AlA3jswPxO+6bQSj2TuAfDftRMApGwSgYBaNgFIyCUTAKRsEoGAWjgF4AAPwEq9AAGAAA`);

/** `e`, a dataset whose bytes are stored in /etc/passwd. */
export const externalHdf5 = unpacked(`
H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwo2sKLyYfIJUJoRSndA6RVMMHFGsJwEVFwQaj66upAgV1eQ6v9oAGZPBguE
5mAYBSMReLg6BoDoCCgflkpPMKGqS0VLjx4U2svIwAYxixHGh6RkRkZGlPQIo5mB8iAZQQV7qJgDgwk3g8l/Zog8K1AUJM/ExAQ2
gJ1BA8xnhOYVAxzp3AFuD8R+ZkZYDnFAUxlBl3iQQAvnABZUdfqpJcn6BYnFxeUpYH6wn78LyH8wfykwj6ZpcgAACpDi87AFAAA=`);

/** `z`, a dataset packed with filter 32015 (zstd), which HDF5 itself does not have. */
export const unknownFilterHdf5 = unpacked(`
H4sIAAAAAAACA+v0cHHj5ZLiYgABDg4GFgYBBmTwHwoqWFH5MPkEKM0IpTug9AommDgjWE4CKi4INR9dXUiQqytI9X80ALPHgAVC
czCMgpEIPFwdA0B0BJQPS6UnmFDVVaGlRw8K7WVkYIeYxQjjQ1IyIyMjSnqE0cxAeZCMoII9VMyBwYSbweQ/M0SeFSgKkmdiZgIb
wA1VDzWOgb8WkmeY4eZC7GNmYoJlCQ7kbCAEZYK0L2TnzkaEEG1AsJ+/C8h9MAcoMI+mTXIAAOti4Vd4BQAA`);
