int cairn_placeholder(void){return 0;}
