"""Pack to Kibana, in the order of reading: change, shape, diff, plan, remote, write, apply.

Nothing is imported here: what can be said about a deployment (`codes`) is known without what it takes to make one.
"""
