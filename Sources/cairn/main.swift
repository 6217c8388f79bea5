import CairnCommands

Cairn.start()
