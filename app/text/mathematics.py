r"""What each step computes, as formulas with their sources; Gradio's own KaTeX sets them, so nothing is fetched."""

DELIMITERS = [{"left": "$$", "right": "$$", "display": True}, {"left": "$", "right": "$", "display": False}]

STEPS = (
    r"""
The picture $x$ and one sentence per class $c$ become unit vectors $f$ and $t_c$. Their cosines, times the model's own
scale $s$ (100 for OpenAI's CLIP), are the logits, and softmax makes shares of them:

$$\ell_c = s\,f^\top t_c, \qquad p_c = \frac{e^{\ell_c}}{\sum_k e^{\ell_k}}, \qquad
H(p) = -\sum_c p_c \log p_c .$$

The margin is the largest logit minus the second. Where “none of these” may be the answer, it is if
$\max_c f^\top t_c$ lies below the threshold. *Radford et al., ICML 2021.*
""",
    r"""
PGD walks up the loss of the class $y$ it wants to leave, in steps of $\alpha = \varepsilon/4$, from a random start:

$$x_{k+1} = \Pi_{[0,1]}\Big(x + \mathrm{clip}_{\pm\varepsilon}\big(x_k + \alpha\,\mathrm{sign}\,\nabla_{x_k}
\big[-\log p_y(x_k)\big] - x\big)\Big).$$

The result is then rounded to whole levels of $1/255$ and clipped, in whole levels, to the ball again: rounding alone
leaves it where a bound falls between two levels. *Madry et al., ICLR 2018; settings of R-TPT and A-TPT.*

With a target $t$, the bracket is $\log p_t(x_k)$. Under the L2 norm the step follows $\nabla / \|\nabla\|_2$, and the
change is shortened to length $\varepsilon$ instead of clipped. An adaptive attack climbs the loss of what the *defence*
answers, $\mathbb{E}_v\,[-\log p_y(D_v(x_k))]$, over the views $v$ it may draw, through the weights of the views and the
first tuning step. *Athalye et al., ICML 2018: expectation over transformation.*

Without a limit, a word lies on the picture as ink of colour $c$ that covers a share $m$ of each pixel at opacity $o$,
$x' = (1 - om)\,x + om\,c$, and the place is the one of a grid where $-\log p_y(x')$ is highest. A patch is free where
$m = 1$, $x' = (1 - m)\,x + m\,q$ with $q \in [0, 1]$, and $q$ takes sign steps as above with nothing to clip it to.
*Goh et al., Distill 2021; after Brown et al., 2017.* Corruptions take no gradient and ask nothing. *Hendrycks and
Dietterich, ICLR 2019.*
""",
    r"""
A-TPT asks every token $T_j$ entering a block how much it speaks for the class score $S$, keeps what speaks for it, and
lets it weigh the block's attention $A$ (mean over heads), residual path included:

$$u_j = \Big[\textstyle\sum_d T_{jd}\,\frac{\partial S}{\partial T_{jd}}\Big]_+, \quad w = \frac{u}{\sum_j u_j}, \quad
\hat A = \mathrm{rows}\big(I + A\,\mathrm{diag}(w)\big), \quad
J = \hat A_L \cdot \mathrm{rows}\Big(\tfrac{0.5\,\hat A_{L-1} + \hat A_L}{1.5}\Big).$$

$\mathrm{rows}$ scales each row to sum 1; the map is the class token's row of $J$ over the patches. In the last block
only the class token is read, so the patches' sums are zero but for rounding behind the LayerNorm: where more than a
tenth of the map stems from them, as when the class token's own sum is not positive, and often in half precision, it
shows amplified residue and is called *degenerate* here. *A-TPT, ICML 2026, as released; rollout: Abnar & Zuidema, ACL
2020.*
""",
    r"""
Each view starts as a random crop $b$, possibly mirrored. AugMix alters copies of it and mixes them with Dirichlet
weights $w$ into $a = \sum_{k=1}^{3} w_k\,\mathrm{ops}_k(b)$. With $\beta \sim \mathrm{Beta}(1,1)$ the view is

$$v = m \odot b + (1-m) \odot a, \qquad
m = \begin{cases} m_\text{high} & \text{map above its } 1-p_\text{high} \text{ quantile}\\
m_\text{low} & \text{map at or below its } p_\text{low} \text{ quantile}\\ \beta & \text{between.}\end{cases}$$

Plain AugMix, as TPT and R-TPT use it, has $m = \beta$ everywhere. *Hendrycks et al., ICLR 2020; A-TPT, ICML 2026.*
""",
    r"""
The $\lfloor qN \rfloor$ views $B$ with least entropy under the untuned prompt drive the tuning, chosen once. R-TPT and
A-TPT lower the mean of their entropies, TPT the entropy of their mean:

$$L_\text{pointwise} = \frac{1}{|B|}\sum_{i \in B} H(p_i), \qquad
L_\text{marginal} = H\Big(\frac{1}{|B|}\sum_{i \in B} p_i\Big).$$

The first step of AdamW is all but a step of fixed length along signs, whatever the size of the loss:

$$\theta \leftarrow \theta\,(1 - \eta\lambda) - \eta\,\frac{g}{|g| + 10^{-8}}, \qquad \eta = 0.005,\ \lambda = 0.01.$$

*Shu et al., NeurIPS 2022; Sheng et al., CVPR 2025; A-TPT, ICML 2026.*
""",
    r"""
By likeness, a view counts more if its feature lies near those of other views ($K$ nearest, mean cosine $r_i$); by
calmness, if its map varies little between neighbouring patches:

$$w = \mathrm{softmax}(r/\tau), \quad \ell = \sum_i w_i\,\ell_i \qquad\text{or}\qquad
w = \mathrm{softmax}(-\mathrm{TV}/\tau'), \quad p = \sum_i w_i\,p_i .$$

The released code of A-TPT does the first, the figure of its paper draws the second. *A-TPT, ICML 2026; Sheng et al.,
CVPR 2025.*

Where the pictures went: three centred sentences $C = (t_i - \bar t)_i = U\Sigma V^\top$ span a plane, and a feature $f$
with the logits $\ell_i = s\,t_i \cdot f$ lies there at

$$u = V^\top f = \Sigma^{-1}U^\top(\ell - \bar\ell)/s, \qquad
\ell_i - \ell_j = s\,(c_i - c_j)\cdot u, \quad c = U\Sigma .$$

Logits averaged with weights $w$ lie at the same average of the places.
""",
    r"""
With $k$ of $n$ right, the true share lies, in 95 of 100 such trials, within the Wilson interval ($z = 1.96$):

$$\frac{1}{1 + z^2/n}\left(\frac{k}{n} + \frac{z^2}{2n} \pm z\sqrt{\frac{k(n-k)}{n^3} + \frac{z^2}{4n^2}}\right).$$

*Wilson, J. Amer. Stat. Assoc. 1927.*
""",
)
