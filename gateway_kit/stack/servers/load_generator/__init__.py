"""A load generator on Locust, as a program of its own: it imports nothing from the kit, and the kit nothing from it.

Importing Locust patches the standard library for gevent, which must not happen in a notebook. `gateway_kit.load` starts
the program, writes its job into a file, and reads the calls from another.
"""
