"""Other ways to train the same networks, each as its users would write it.

Every one returns the seconds of an epoch of one network; what happens once a training is left out, as it is
of ours. All of them add up loss and accuracy over the epoch, which is the least that a report needs.
"""
