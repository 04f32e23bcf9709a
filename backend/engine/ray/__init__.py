"""Painting on a Ray cluster: the engine, its driver process, and the actor that is one slot."""
