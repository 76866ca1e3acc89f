"""The values that flow through the pipeline: frozen, parsed once, importing nothing else of ours."""
