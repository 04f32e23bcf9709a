"""Style transfer by optimisation (Gatys et al. 2016) with a pre-trained VGG19."""
