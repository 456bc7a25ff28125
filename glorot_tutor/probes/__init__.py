"""Instruments: what flows forward and backward through a network, layer by layer.

Four quantities are watched, in the words and the units used everywhere in the project:

``activation``
    z, the outputs of the hidden layers.
``backprop_gradient``
    dCost/ds of each example's own cost (eq. 2), in nats per unit of pre-activation.
``weight_gradient``
    dCost/dW of the mean cost over the examples (eq. 3): what one step of SGD would apply.
``jacobian_singular_value``
    singular values of dz^{i+1}/dz^i (eq. 17), example by example.

Any `torch.nn.Module` can be watched whose examples lie along the first dimension. Layer 1 is the
first hidden layer: in a `DeepNet` as the paper counts, in other networks the first call of an
activation module, or of a module that is named. Looking changes nothing: parameters, their
`.grad`, buffers and the random state stay as they were, bit for bit.

Where batch normalization (in training mode) couples the examples, the costs of all are
differentiated together: an example's gradient is then its effect on the cost of the whole batch.

The names in `__init__.pyi` are loaded when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
