"""The stages, one file and one public function each; values flow one way."""
