"""HaloPSA and HaloITSM."""
