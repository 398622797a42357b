"""Builds the demo archive: the invented town of Dornavel, from authored sources to documents and their facts."""
