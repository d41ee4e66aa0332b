"""Crossfoot without its window: everything a command or a window needs, and nothing of Qt.

Words used everywhere (code, window, log, export):

invoice        a supplier invoice or credit memo in Sage X3
supplier       whom X3 owes; *vendor* is the same party in AvidXchange
workspace      one X3 endpoint (folder) joined with one AvidXchange organisation
reference data GL accounts, dimensions, terms, periods, code groups and codes
bookmark       how far a poll has been read
plan, action   what would be written, and one such write
outbox         intended writes; an *intent* is committed before the first byte leaves
in doubt       sent, and the answer is not known
settle         to find out by looking
finding        a reason from validation, with a code of the catalogue
review item    what needs a person
run            one pass of reading, planning, writing and settling
lane           the bounded pool of workers toward one system
profile        names, paths and times of one site's wire
ledger         plans, outbox, attempts, bookmarks and runs
"""
