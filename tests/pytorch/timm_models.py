"""Models of timm: a small one of each of its modules."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

#: By the module that they are of, more than one where it holds several families.
NAMES = (
    "beit_base_patch16_224 halonet26t botnet26t_256 lambda_resnet26t test_byobnet repvgg_a0 mobileone_s0 "
    "cait_xxs24_224 coat_tiny coat_lite_tiny convit_tiny convmixer_768_32 test_convnext test_convnext2 "
    "cpubone_nano crossvit_tiny_240 csatv2 cs3darknet_s cspnext_tiny davit_tiny deepseek_vit_412m "
    "deit_tiny_patch16_224 deit_tiny_distilled_patch16_224 densenet121 dla34 dpn68 edgenext_xx_small "
    "efficientformer_l1 efficientformerv2_s0 test_efficientnet mixnet_s efficientvim_m1 efficientvit_b0 "
    "efficientvit_m0 eva02_tiny_patch14_224 fasternet_t0 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny "
    "gemma4_vit_167m ghostnet_050 ghostnetv2_100 hardcorenas_a hgnetv2_b0 hiera_tiny_224 sam2_hiera_tiny "
    "hrnet_w18_small iformer_t inception_next_atto inception_resnet_v2 inception_v3 inception_v4 lcnetv2_small "
    "levit_128s lowformer_b0 test_mambaout test_maxvit test_coatnet caformer_s18 convformer_s18 poolformer_s12 "
    "gmlp_ti16_224 mixer_s16_224 resmlp_12_224 mobilenetv3_small_050 lcnet_035 mobilenetv5_base mobilevit_xxs "
    "mobilevitv2_050 mvitv2_tiny naflexvit_base_patch16_siglip nasnetalarge nest_tiny nextvit_small test_nfnet "
    "pit_ti_224 pit_ti_distilled_224 pnasnet5large pvt_v2_b0 qwen3_vit_88m rdnet_tiny regnetx_002 regnety_002 "
    "repghostnet_050 repvit_m0_9 res2net50d resnest14d test_resnet seresnet18 resnetv2_18 rexnet_100 selecsls42 "
    "legacy_seresnet18 sequencer2d_s shvit_s1 skresnet18 starnet_s050 swiftformer_xs swin_s3_tiny_224 "
    "swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 swinv2_cr_tiny_224 tiny_vit_5m_224 tnt_s_patch16_224 "
    "tresnet_m twins_svt_small twins_pcpvt_small vgg11 visformer_tiny test_vit test_vit2 test_vit3 test_vit4 "
    "vit_tiny_r_s16_p8_224 test_vit_relpos vit_srelpos_small_patch16_224 samvit_base_patch16_224 "
    "vitamin_small_224 volo_d1_224 ese_vovnet19b_slim xception xception41 xcit_nano_12_p8_224 "
)
SMALL = NAMES.split()

#: Of which few layers do.
LARGE = (
    "beit_base_patch16_224",
    "deepseek_vit_412m",
    "gemma4_vit_167m",
    "naflexvit_base_patch16_siglip",
    "qwen3_vit_88m",
    "samvit_base_patch16_224",
)
OPTIONS = {name: {"depth": 2} for name in LARGE}


def builder(name: str) -> Callable[[], nn.Module]:
    import timm

    return lambda: timm.create_model(name, pretrained=False, **OPTIONS.get(name, {}))


def run(model: nn.Module) -> object:
    size = model.pretrained_cfg["input_size"]
    return model(torch.linspace(-1, 1, math.prod(size)).view(1, *size).mul(7).sin())
