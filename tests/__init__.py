"""Tests of journeysim. A package, since other packages install a ``tests`` of their own."""
