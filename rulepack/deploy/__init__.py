"""Pack to Kibana, in the order of reading: change, diff, plan, remote, apply.

Nothing is imported here: what can be said about a deployment (`codes`) is known without what it takes to make one.
"""
