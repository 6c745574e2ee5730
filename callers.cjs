const p = JSON.parse(require('fs').readFileSync(process.argv[2])); const name=process.argv[3];
const nodes=new Map(p.nodes.map(n=>[n.id,n])); const parent=new Map(); for(const n of p.nodes) for(const c of n.children??[]) parent.set(c,n.id);
const m=new Map(); p.samples.forEach((id,i)=>{const n=nodes.get(id); if(n.callFrame.functionName!==name) return; let s=[],x=id; for(let k=0;k<9&&x!==undefined;k++){s.push(nodes.get(x).callFrame.functionName);x=parent.get(x);} const key=s.join(' < '); m.set(key,(m.get(key)??0)+p.timeDeltas[i]);});
for(const [k,v] of [...m].sort((a,b)=>b[1]-a[1]).slice(0,4)) console.log((v/1000).toFixed(0),k);
