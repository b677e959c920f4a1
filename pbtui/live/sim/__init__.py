"""The live loop against a venue and a world that go wrong by a seeded plan, under a virtual clock."""
