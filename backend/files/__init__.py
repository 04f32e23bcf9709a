"""Files by key: where pictures are kept, and who uses them.

```
 FileUses.keep(owner, {key: file}) ──▶ row (key, owner) ──▶ FileStore.put
 change.drop(owner) ──▶ last row of a key becomes DOOMED ──commit──▶ FileStore.delete ──▶ row goes
```
A row comes before its file and goes after it, so a bot that is killed at any moment leaves no file
that nobody owns: the next start removes what is doomed.
"""
