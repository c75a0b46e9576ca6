"""Pack to file and back: what is deployed, attached to a release, or carried to where there is no network.

Read in this order: manifest, make, write, archive, files, consistent, read, compare, checkout, package, navigator.
"""
