"""Exhibits to publications: disclosure control once, then the formats."""
