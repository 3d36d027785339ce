#!/usr/bin/python3
"""What torchvision's own ResNet-18 answers, for the tests that trade states with it.

Usage: torch_torchvision.py golden OUT.json            the state's names, shapes and types, and the logits of numbers made by formula
       torch_torchvision.py save STATE.safetensors     that state, as PyTorch has it, with the counters of a model that was trained
       torch_torchvision.py logits STATE.safetensors   loads the state strictly and prints the logits of the same images as JSON

needs Debian's python3-torch and python3-torchvision. Numbers follow fill of torch_golden.py.
"""
import json, math, struct, sys
import numpy as np, torch, torchvision
from torch_golden import fill, flat

TYPES = {"F32": torch.float32, "I64": torch.int64}
NAMES = {v: k for k, v in TYPES.items()}
CLASSES, KEY, SIDE = 7, 900, 40

def net(classes=CLASSES): return torchvision.models.resnet18(weights=None, num_classes=classes).eval()

def images(): return fill(KEY + 500, (4, 3, SIDE, SIDE), .5, .5)

def filled():
    m = net(); j = KEY
    with torch.no_grad():
        for name, t in m.state_dict().items():
            if name.endswith("num_batches_tracked"): t.fill_(1234); continue
            if t.ndim >= 2: v = fill(j, t.shape, math.sqrt(6 / t[0].numel()))
            elif name.endswith(("weight", "running_var")): v = fill(j, t.shape, .1, 1.)
            else: v = fill(j, t.shape, .1)
            t.copy_(v); j += 1
    return m

def save(state, path):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, t in state.items():
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)

def load(path):
    raw = open(path, "rb").read(); n, = struct.unpack("<Q", raw[:8]); header = json.loads(raw[8:8 + n]); state = {}
    for name, e in header.items():
        if name == "__metadata__": continue
        begin, end = e["data_offsets"]
        state[name] = torch.frombuffer(bytearray(raw[8 + n + begin:8 + n + end]), dtype=TYPES[e["dtype"]]).reshape(e["shape"])
    return state

if __name__ == "__main__":
    torch.set_num_threads(1); do, path = sys.argv[1:]
    with torch.no_grad():
        if do == "golden":
            m = filled()
            json.dump({"classes": CLASSES, "key": KEY, "side": SIDE, "state": [{"name": n, "type": NAMES[t.dtype], "shape": list(t.shape)} for n, t in m.state_dict().items()],
                       "logits": flat(m(images()))}, open(path, "w"), indent=0)
        elif do == "save": save(filled().state_dict(), path)
        elif do == "logits":
            state = load(path); m = net(state["fc.bias"].shape[0]); m.load_state_dict(state, strict=True)
            print(json.dumps(flat(m(images()))))
        else: sys.exit(__doc__)
