"""Sage X3's wire: reading by api1, writing by SOAP; docs/contracts/sage-x3.md is the truth."""
