"""From a refused call to an explained decision, one value at a time.

    delivered bytes --ingest--> Message --read--> LogEntry --classify--> Denial | NotADenial
    Denial --diagnose--> Diagnosis --plan--> Plan --gate--> Decision --report--> Report

Each arrow is one function in a file of its name under `pipeline/`; `flows.py` calls them in order: read that first.
Nothing is imported here: a cold start pays only for what an event needs.
"""
